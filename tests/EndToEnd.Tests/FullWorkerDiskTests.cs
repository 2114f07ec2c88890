using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>The disk of a worker runs full, by others, while a task writes to it.</summary>
public sealed class FullWorkerDiskTests
{
    [Fact]
    [Trait("Fault", "18")]
    public async Task Worker_WhoseDiskRunsFull_DrainsWithAReasonAndComesBackWhenThereIsRoom()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "0");
        using var disk = SmallDisk.Mount(bench.PathOf("small"), megabytes: 64);
        var small = bench.StartWorker("small");
        await small.ErrorLineAsync("linked to the coordinator");

        // It begins to write when the disk is full; where there is room it ends well.
        var held = new Held();
        await using var submit = bench.Start(
            "submit", "--no-input", "--no-cache", "--", "sh", "-c",
            $"echo started; {held.Command}; for i in $(seq 40); do dd if=/dev/zero of=f$i bs=64k count=1 2>&1 || exit 1; sleep 0.05; done; echo finished");
        await submit.OutLineAsync("started");
        Fill(Path.Combine(disk.Path, "others"));
        await small.ErrorLineAsync("taking no tasks: the disk of");
        await held.LetGoUntilAsync(submit.ErrorLineAsync("LOST   small; queued again"));
        var listed = await bench.RunAsync("workers");
        Assert.Contains("draining", listed.Out, StringComparison.Ordinal);
        Assert.Contains("worker small: the disk of ", listed.Out, StringComparison.Ordinal);

        var large = bench.StartWorker("large");
        var result = await held.LetGoUntilEndAsync(submit);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("@large", result.Error, StringComparison.Ordinal);
        Assert.EndsWith("finished\n", result.Out, StringComparison.Ordinal);
        var run = (await bench.RunAsync("jobs", "--limit", "1")).Out.Split('\n')[1].Split(' ')[0];
        WhoRanIt.AssertKnown(await bench.RunAsync("status", run, "--json"), number: 1, "small", "infrastructure");
        await large.SignalAsync("TERM");
        await large.EndAsync();

        File.Delete(Path.Combine(disk.Path, "others"));
        await small.ErrorLineAsync("taking tasks again: the disk of");
        var again = await bench.RunAsync("submit", "--no-input", "--no-cache", "--", "echo", "again");
        Assert.True(again is { ExitCode: 0, Out: "again\n" }, again.ToString());
        Assert.Contains("@small", again.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("the disk of", (await bench.RunAsync("workers")).Out, StringComparison.Ordinal);
        await small.SignalAsync("TERM");
        Assert.Equal(0, (await small.EndAsync()).ExitCode);
    }

    private static void Fill(string path)
    {
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        var bytes = new byte[4096];
        var offset = 0L;
        try
        {
            for (; ; offset += bytes.Length)
                RandomAccess.Write(file, bytes, offset);
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
