using BuildFarm.EndToEnd.Tests.Support;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary><c>farm why</c>, as a person asks it.</summary>
public sealed class WhyTests : IClassFixture<RunningFarm>
{
    private readonly FarmBench _bench;

    public WhyTests(RunningFarm farm)
    {
        _bench = farm.Bench;
        _bench.UseFreshProject();
    }

    [Fact]
    public async Task Why_AFileAndAnArgumentChanged_NamesBoth()
    {
        _bench.Write("src/in.txt", "one\n");
        _bench.Write("src/same.txt", "same\n");
        var first = await RunAsync("cat src/in.txt");
        _bench.Write("src/in.txt", "two!\n");
        var second = await RunAsync("cat src/in.txt src/same.txt");
        var third = await RunAsync("cat src/in.txt src/same.txt");

        var why = await _bench.RunAsync("why", second);
        var json = await _bench.RunAsync("why", second, "--json");
        var hit = await _bench.RunAsync("why", third);

        Assert.True(why.ExitCode == 0, why.ToString());
        Assert.Contains($"in run {first}", why.Out, StringComparison.Ordinal);
        Assert.Matches("\n  input src/in\\.txt: [0-9a-f]{64}/4 -> [0-9a-f]{64}/5\n", why.Out);
        Assert.Contains("\n  argument 2: cat src/in.txt -> cat src/in.txt src/same.txt\n", why.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("same.txt: ", why.Out, StringComparison.Ordinal);
        Assert.Contains("\"part\":\"input\",\"name\":\"src/in.txt\"", json.Out, StringComparison.Ordinal);
        Assert.Contains("did not miss", hit.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_UnknownRunOrAction_IsOneLine()
    {
        foreach (var what in (string[])["0123456789", "not/1", new string('0', 64) + "/1"])
        {
            var result = await _bench.RunAsync("why", what);

            Assert.NotEqual(0, result.ExitCode);
            Assert.Single(result.Error.Trim().Split('\n'));
        }
    }

    private async Task<string> RunAsync(string script)
    {
        var submit = await _bench.RunAsync("submit", "--name", "show", "--detach", "--", "sh", "-c", script);
        var run = submit.Out.Trim();
        var watch = await _bench.RunAsync("watch", run);
        Assert.True(watch.ExitCode == 0, watch.ToString());
        return run;
    }
}
