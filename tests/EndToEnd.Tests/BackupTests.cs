using BuildFarm.EndToEnd.Tests.Support;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>A farm's state goes into a file and into another farm.</summary>
public sealed class BackupTests
{
    [Fact]
    [Trait("Tier", "Full")]
    public async Task Backup_RestoredIntoAnotherFarm_KnowsTheRuns()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "1");
        var run = await bench.RunAsync("submit", "--no-input", "--", "echo", "kept");
        Assert.True(run.ExitCode == 0, run.ToString());
        var busy = await bench.RunAsync("backup", bench.PathOf("backup.tar"), "--data", bench.Data);
        await bench.Farm!.SignalAsync("TERM");
        await bench.Farm.EndAsync();

        var backup = await bench.RunAsync("backup", bench.PathOf("backup.tar"), "--data", bench.Data);
        var restore = await bench.RunAsync("restore", bench.PathOf("backup.tar"), "--data", bench.PathOf("other"));
        var twice = await bench.RunAsync("restore", bench.PathOf("backup.tar"), "--data", bench.PathOf("other"));
        await using var farm = bench.Start("up", "--data", bench.PathOf("other"), "--port", "0", "--http-port", "0", "--workers", "0");
        await farm.OutLineAsync("ready");
        var jobs = await bench.RunAsync("jobs");

        Assert.Contains("in use", busy.Error, StringComparison.Ordinal);
        Assert.True(backup.ExitCode == 0, backup.ToString());
        Assert.True(restore.ExitCode == 0, restore.ToString());
        Assert.Contains("is there already", twice.Error, StringComparison.Ordinal);
        Assert.Contains("echo kept", jobs.Out, StringComparison.Ordinal);
    }
}
