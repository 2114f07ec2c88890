using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Coordinator.Why;
using BuildFarm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Action = Build.Bazel.Remote.Execution.V2.Action;

namespace BuildFarm.Coordinator.Tests.Why;

public sealed class PartsDiffTests
{
    [Fact]
    public void Of_EqualActions_IsNothing() => Assert.Empty(Diff(static _ => { }));

    [Fact]
    public void Of_AnArgumentOfAsMany_NamesItsNumber() => Expect(static parts => parts.Command.Arguments[1] = "-O2", "Argument 1: -O1 -> -O2");

    [Fact]
    public void Of_ArgumentsInTheMiddle_NamesTheNewOnesAlone() => Expect(
        static parts =>
        {
            parts.Command.Arguments.Insert(1, "-g");
            parts.Command.Arguments.Insert(1, "-Wall");
        },
        "Argument 1: none -> -Wall",
        "Argument 2: none -> -g");

    [Fact]
    public void Of_AnArgumentLess_NamesIt() => Expect(static parts => parts.Command.Arguments.RemoveAt(2), "Argument 2: a.c -> none");

    [Fact]
    public void Of_Variables_AreAddedRemovedAndChanged() => Expect(
        static parts =>
        {
            parts.Command.EnvironmentVariables[0].Value = "de";
            parts.Command.EnvironmentVariables.RemoveAt(1);
            parts.Command.EnvironmentVariables.Add(new Command.Types.EnvironmentVariable { Name = "ZONE" });
        },
        "Variable LANG: C -> de",
        "Variable TERM: dumb -> none",
        "Variable ZONE: none -> ");

    [Fact]
    public void Of_AllElse_IsNamed() => Expect(
        static parts =>
        {
            parts.Command.WorkingDirectory = "src";
            parts.Command.OutputPaths[0] = "b.o";
            parts.Action.Platform.Properties[0].Value = "arm64";
            parts.Action.Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(90));
            parts.Action.Salt = ByteString.CopyFrom(1, 255);
            parts.Action.DoNotCache = true;
        },
        "WorkingDirectory :  -> src",
        "Output a.o: declared -> none",
        "Output b.o: none -> declared",
        "Platform Arch: amd64 -> arm64",
        "Timeout : none -> 90s",
        "Setting do_not_cache: false -> true",
        "Setting salt: none -> 01ff");

    [Fact]
    public void Of_AnotherEnvironment_IsNamed()
    {
        var after = Parts();
        Assert.Equal(["Environment : root-1 -> root-2"], PartsDiff.Of(Parts(), after with { Seen = after.Seen with { Environment = "root-2" } }).Select(Text));
    }

    private static void Expect(Action<ActionParts> change, params string[] differences) => Assert.Equal(differences, Diff(change).Select(Text));

    private static IEnumerable<ActionDifference> Diff(Action<ActionParts> change)
    {
        var after = Parts();
        change(after);
        return PartsDiff.Of(Parts(), after);
    }

    private static string Text(ActionDifference difference) =>
        $"{difference.Part} {difference.Name}: {(difference.HasBefore ? difference.Before : "none")} -> {(difference.HasAfter ? difference.After : "none")}";

    private static ActionParts Parts() => new(
        new SeenAction("", "root-1", Digests.Digest.OfBytes("a"u8), "job", "task", "", "cc", DateTimeOffset.UnixEpoch),
        new Action { Platform = new Platform { Properties = { new Platform.Types.Property { Name = "Arch", Value = "amd64" } } } },
        new Command
        {
            Arguments = { "cc", "-O1", "a.c" },
            OutputPaths = { "a.o" },
            EnvironmentVariables =
            {
                new Command.Types.EnvironmentVariable { Name = "LANG", Value = "C" },
                new Command.Types.EnvironmentVariable { Name = "TERM", Value = "dumb" },
            },
        });
}
