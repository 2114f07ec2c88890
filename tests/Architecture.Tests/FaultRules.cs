using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace BuildFarm.Architecture.Tests;

/// <summary>Every fault that the scheduler must survive has a case of its own by its number: simulated, and with real parts where it can be had.</summary>
public sealed partial class FaultRules
{
    private const string Simulated = "tests/Scheduling.Tests/Simulation/Faults";

    private static readonly int[] Scheduler = [.. Enumerable.Range(1, 17), 21, 22, 24, 25, 26, 27, 28, 30];

    // With real processes, files or connections.
    private static readonly int[] Real = [1, 5, 6, 8, 10, 11, 15, 16, 18, 20, 21, 23, 25, 27, 29, 30, 33, 34, 35];

    public static TheoryData<int> SimulatedFaults => [.. Scheduler];

    public static TheoryData<int> RealFaults => [.. Real];

    [Theory]
    [MemberData(nameof(SimulatedFaults))]
    public void Fault_Simulated_HasACase(int fault) => Assert.Contains(fault, Cases(static path => path.Contains(Simulated, StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(RealFaults))]
    public void Fault_Real_HasACase(int fault) => Assert.Contains(fault, Cases(static path => !path.Contains("/Simulation/", StringComparison.Ordinal)));

    [Fact]
    public void Fault_SimulatedCase_IsNamedByItsNumber()
    {
        foreach (var path in Solution.SourceFiles(Simulated, "*.cs"))
        {
            foreach (Match match in TraitAndName().Matches(File.ReadAllText(path)))
            {
                Assert.StartsWith($"Fault{int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture):00}_", match.Groups["name"].Value, StringComparison.Ordinal);
            }
        }
    }

    private static HashSet<int> Cases(Func<string, bool> wanted) =>
        [.. Solution.SourceFiles("tests", "*.cs")
            .Where(wanted)
            .SelectMany(path => Trait().Matches(File.ReadAllText(path)))
            .Select(match => int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture))];

    [GeneratedRegex("Trait\\(\"Fault\", \"(?<number>\\d+)\"\\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Trait();

    [GeneratedRegex("Trait\\(\"Fault\", \"(?<number>\\d+)\"\\)\\](\\s*\\[[^\\n]*\\])*\\s*public (async Task|void) (?<name>\\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex TraitAndName();
}
