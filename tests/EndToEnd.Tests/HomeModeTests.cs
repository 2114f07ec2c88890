using BuildFarm.EndToEnd.Tests.Support;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>Homes of a job file.</summary>
public sealed class HomeModeTests : IClassFixture<RunningFarm>
{
    private readonly FarmBench _bench;

    public HomeModeTests(RunningFarm farm)
    {
        _bench = farm.Bench;
        _bench.UseFreshProject();
    }

    [Fact]
    public async Task Template_OfAJobFile_IsTheHomeAndPartOfTheKey()
    {
        _bench.Write("home/.sage/rc", "one\n");
        _bench.Write("job.yaml", "tasks:\n  t:\n    run: test \"$(cat ~/.sage/rc)\" = one\n    inputs: []\n    home: {template: home}\n");
        var first = await _bench.RunAsync("submit", "job.yaml");
        _bench.Write("home/.sage/rc", "two\n");
        var second = await _bench.RunAsync("submit", "job.yaml");
        _bench.Write("home/.sage/rc", "one\n");
        var third = await _bench.RunAsync("submit", "job.yaml");

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.NotEqual(0, second.ExitCode);
        Assert.True(third.ExitCode == 0, third.ToString());
        Assert.Contains("[cached]", third.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kept_OfAJobFile_IsHadByOneTaskAtATime()
    {
        // Each adds to a counter without any protection of its own.
        var tasks = string.Concat(Enumerable.Range(0, 12).Select(static i =>
            $"  t{i}:\n    run: n=$(cat ~/n 2>/dev/null || echo 0); sleep 0.05; echo $((n + 1)) > ~/n\n    inputs: []\n    cpu: 0.1\n    memory: 32M\n    home: {{kept: counter}}\n"));
        _bench.Write("job.yaml", $"tasks:\n{tasks}  last:\n    run: test $(cat ~/n) = 12\n    needs: [{string.Join(", ", Enumerable.Range(0, 12).Select(static i => $"t{i}"))}]\n    inputs: []\n    home: {{kept: counter}}\n");
        var result = await _bench.RunAsync("submit", "job.yaml");

        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Fact]
    public async Task Homes_ThatAreKept_AreListedAndRemovedByTheirName()
    {
        _bench.Write("job.yaml", "tasks:\n  t:\n    run: ls -A ~; touch ~/left\n    inputs: []\n    home: {kept: to-go}\n");
        var made = await _bench.RunAsync("submit", "job.yaml");
        Assert.True(made.ExitCode == 0, made.ToString());
        var listed = await _bench.RunAsync("homes");
        Assert.Contains(listed.Out.Split('\n'), static line => line.StartsWith("to-go ", StringComparison.Ordinal));

        _bench.Write("hold.yaml", "tasks:\n  holder:\n    run: echo started; while :; do sleep 0.1; done\n    inputs: []\n    home: {kept: to-go}\n");
        var run = (await _bench.RunAsync("submit", "--detach", "hold.yaml")).Out.Trim();
        var follow = _bench.Start("logs", run, "--follow");
        await follow.OutLineAsync("started");
        var refused = await _bench.RunAsync("homes", "remove", "to-go");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains($"is in use by {run}/holder", refused.Error, StringComparison.Ordinal);
        await _bench.RunAsync("cancel", run);
        await _bench.RunAsync("watch", run);

        var removed = await _bench.RunAsync("homes", "remove", "to-go");
        Assert.True(removed.ExitCode == 0, removed.ToString());
        Assert.StartsWith("removed to-go on ", removed.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("to-go", (await _bench.RunAsync("homes", "--json")).Out, StringComparison.Ordinal);
        var again = await _bench.RunAsync("homes", "remove", "to-go");
        Assert.NotEqual(0, again.ExitCode);
        Assert.Contains("no linked worker keeps a home 'to-go'", again.Error, StringComparison.Ordinal);
        var fresh = await _bench.RunAsync("submit", "job.yaml");
        Assert.DoesNotContain("left", fresh.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Home_ThatIsNone_IsAMistakeWithItsPlace()
    {
        _bench.Write("job.yaml", "tasks:\n  t:\n    run: 'true'\n    inputs: []\n    home: {template: absent}\n");
        var result = await _bench.RunAsync("submit", "job.yaml");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("job.yaml:5:", result.Error, StringComparison.Ordinal);
    }
}
