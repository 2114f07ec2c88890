using BuildFarm.Bench.EndToEnd;
using BuildFarm.TestKit.Bazel;

namespace BuildFarm.Bench.Bazel;

/// <summary>
/// Debian's Bazel builds 300 generated and 150 C++ files: sandboxed on this machine, by a farm on this machine that has never seen them, and again elsewhere by the farm that has;
/// then all of it with other content.
/// Starting Bazel and its analysis are done before, for each alike.
/// </summary>
internal static class BazelBench
{
    private const int Generated = 300;
    private const int Sources = 150;
    private const string Jobs = "--jobs=8";

    public static async Task<int> RunAsync()
    {
        await BazelOptions.RequireAsync();
        var home = Directory.CreateTempSubdirectory("buildfarm-bench-").FullName;
        try
        {
            await MeasureAsync(Path.Combine(home, "workspace"), home);
            return 0;
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static async Task MeasureAsync(string workspace, string home)
    {
        LargeWorkspace.Write(workspace, Generated, Sources, NewContent());
        var local = await BuildAsync(workspace, home, "local", "--spawn_strategy=sandboxed");
        await using var farm = await FarmUnderTest.StartAsync();
        var executor = $"--remote_executor=grpc://{farm.Channel.Target}";
        var first = await BuildAsync(workspace, home, "first", executor);
        var warm = await BuildAsync(workspace, home, "warm", executor);
        // A farm runs for long: what it compiles of itself in its first minute is not there again.
        LargeWorkspace.Write(workspace, Generated, Sources, NewContent());
        var second = await BuildAsync(workspace, home, "second", executor);
        var localSecond = await BuildAsync(workspace, home, "local-second", "--spawn_strategy=sandboxed");

        Report.Header($"Bazel: {Generated} generated and {Sources} C++ files, {Jobs}", "build", "seconds", "ratio to local", "what ran", "outputs equal to local");
        Row("local, sandboxed", local, local);
        Row("farm that has just started, cold", first, local);
        Row("the same, again elsewhere", warm, local);
        Row("local, sandboxed, other content", localSecond, localSecond);
        Row("farm, other content, cold", second, localSecond);

        void Row(string title, Built built, Built beside) => Report.Row(
            title, Report.Number(built.Seconds), Report.Ratio(built.Seconds, beside.Seconds), built.Ran, $"{built.Outputs.Count(output => beside.Outputs.GetValueOrDefault(output.Key) == output.Value)} of {beside.Outputs.Count}");
    }

    private static string NewContent() => Guid.NewGuid().ToString("N");

    private static async Task<Built> BuildAsync(string workspace, string home, string name, string how)
    {
        await using var bazel = new BazelUnderTest(workspace, home, name);
        await bazel.AnalyseAsync(how, Jobs);
        var (seconds, said) = await bazel.BuildAsync(how, Jobs);
        const string counts = " processes: ";
        var line = said.Split('\n').Last(static text => text.Contains(counts, StringComparison.Ordinal));
        return new Built(seconds, line[(line.IndexOf(counts, StringComparison.Ordinal) + counts.Length)..].TrimEnd('.'), LargeWorkspace.HashOutputs(bazel.Outputs));
    }

    private sealed record Built(double Seconds, string Ran, IReadOnlyDictionary<string, string> Outputs);
}
