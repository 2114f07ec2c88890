using System.Reflection;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Explanations;

/// <summary>A rule that can hold a task up has a case that drives the scheduler into it.</summary>
public sealed class CoverageTests
{
    [Theory]
    [MemberData(nameof(Reasons))]
    public void Reason_OfEveryKind_HasACase(WaitReason reason) => Assert.Contains(
        typeof(CoverageTests).Assembly.GetTypes()
            .SelectMany(static type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance))
            .SelectMany(static method => method.GetCustomAttributes<TraitAttribute>()),
        trait => trait is { Name: "Wait" } && trait.Value == $"{reason}");

    public static TheoryData<WaitReason> Reasons() => [.. Enum.GetValues<WaitReason>()];
}
