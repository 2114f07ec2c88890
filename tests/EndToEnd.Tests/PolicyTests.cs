using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>What the farm decides about tasks and jobs that do harm, with real processes.</summary>
public sealed class PolicyTests
{
    /// <summary>Fault 11: the task kills the process of the worker that runs it, and would kill every other.</summary>
    [Fact]
    [Trait("Tier", "Full")]
    [Trait("Fault", "11")]
    public async Task Task_ThatKillsEveryWorker_EndsAndTheNextWorkerLives()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "0");
        await using var submit = bench.Start("submit", "--no-input", "--no-cache", "--name", "killer", "--", "sh", "-c", "echo started; sleep 600");
        for (var i = 1; i <= 3; i++)
        {
            var worker = bench.StartWorker($"victim{i}");
            await worker.ErrorLineAsync("linked to the coordinator");
            await RunsOnAsync(bench, $"victim{i}");
            worker.Kill();
        }

        var ended = await submit.EndAsync();
        var survivor = bench.StartWorker("survivor");
        await survivor.ErrorLineAsync("linked to the coordinator");
        var next = await bench.RunAsync("submit", "--no-input", "--farm", bench.Url, "--", "echo", "alive");

        Assert.True(ended.ExitCode == 6, ended.ToString());
        Assert.Contains("in quarantine: 3 workers were lost while they ran it", ended.Error, StringComparison.Ordinal);
        Assert.Contains("victim1, victim2, victim3", ended.Error, StringComparison.Ordinal);
        Assert.True(next is { ExitCode: 0, Out: "alive\n" }, $"{next}\n--- the worker\n{survivor.Error}");
    }

    /// <summary>Fault 20: the kernel says that memory ran out.</summary>
    [Fact]
    public async Task Memory_ThatIsTooLittleOnce_IsRaisedOnceAndThenTheOutcome()
    {
        await Requirements.AptAsync("python3", "python3 --version");
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "1");

        var enough = await bench.RunAsync("submit", "--no-input", "--memory", "64M", "--", "python3", "-c", "x = bytearray(90 << 20); print(len(x))");
        var never = await bench.RunAsync("submit", "--no-input", "--memory", "64M", "--", "python3", "-c", "x = bytearray(300 << 20)");
        var status = await bench.RunAsync("status", (await bench.RunAsync("jobs", "--limit", "1")).Out.Split('\n')[1].Split(' ')[0]);

        Assert.True(enough.ExitCode == 0, enough.ToString());
        Assert.Contains("attempt 2", enough.Error, StringComparison.Ordinal);
        Assert.True(never.ExitCode != 0, never.ToString());
        Assert.Contains("OOM", never.Error, StringComparison.Ordinal);
        Assert.Contains("it had 128 MiB, after 64 MiB was not enough", never.Error, StringComparison.Ordinal);
        Assert.Contains("attempt 2", status.Out, StringComparison.Ordinal);
    }

    /// <summary>Fault 21: exit code 137 without an event of the kernel.</summary>
    [Fact]
    [Trait("Fault", "21")]
    public async Task ExitCode_137WithoutTheKernelsWord_IsTheTasksOwnFailure()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "1");

        var killed = await bench.RunAsync("submit", "--no-input", "--", "sh", "-c", "kill -9 $$");

        Assert.True(killed.ExitCode == 3, killed.ToString());
        Assert.Contains("137", killed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("attempt 2", killed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("memory", killed.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Retries_OfAFailure_AreUsedAndShown()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "1");

        var failed = await bench.RunAsync("submit", "--no-input", "--retries", "2", "--", "sh", "-c", "exit 4");
        var run = (await bench.RunAsync("jobs", "--limit", "1")).Out.Split('\n')[1].Split(' ')[0];
        var status = await bench.RunAsync("status", run);

        Assert.True(failed.ExitCode == 3, failed.ToString());
        Assert.Contains("attempt 3, 2 of 2 retries used", status.Out, StringComparison.Ordinal);
    }

    /// <summary>Fault 25: the command waits for room, says so, and goes on when there is some.</summary>
    [Fact]
    [Trait("Fault", "25")]
    public async Task Queue_ThatIsFull_IsWaitedForWithinABound()
    {
        await using var bench = new FarmBench();
        var address = $"127.0.0.1:{FreePort.Next()}";
        var (cache, key) = ($"127.0.0.1:{FreePort.Next()}", bench.PathOf("key"));
        await File.WriteAllTextAsync(key, "0123456789abcdef0123456789abcdef\n");
        bench.StartService(
            "BuildFarm.Cache", "--Listen:Grpc", cache, "--Listen:Http", "", "--Cache:Directory", bench.PathOf("cache-data"), "--Cache:CoordinatorKeyFile", key);
        var coordinator = bench.StartService(
            "BuildFarm.Coordinator", "--Listen:Grpc", address, "--Listen:Http", "", "--Cache:Address", $"http://{cache}", "--Cache:KeyFile", key,
            "--Coordinator:PublicCacheUrl", $"http://{cache}", "--Journal:Directory", bench.PathOf("journal"),
            "--Coordinator:MaxUnfinishedTasks", "1", "--Coordinator:RetryDelay", "00:00:00.200");
        var farm = $"http://{address}";
        var first = await UntilUpAsync(() => bench.RunAsync("submit", "--farm", farm, "--no-input", "--detach", "--", "true"));

        var hasty = await bench.RunAsync("submit", "--farm", farm, "--no-input", "--detach", "--wait-for-room", "1s", "--", "true");
        await using var patient = bench.Start("submit", "--farm", farm, "--no-input", "--detach", "--", "true");
        var said = await patient.ErrorLineAsync("The farm has no room yet");
        await bench.RunAsync("cancel", "--farm", farm, first.Out.Trim());
        var second = await patient.EndAsync();

        Assert.True(hasty.ExitCode == 6, hasty.ToString());
        Assert.Contains("1 tasks wait or run, and 1 more would pass the limit of 1", said, StringComparison.Ordinal);
        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.NotEmpty(coordinator.Error);
    }

    [Fact]
    public async Task Supersede_ByANewerRun_EndsTheOlderAndARepeatedSubmitDoesNot()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "1");
        string[] old = ["submit", "--no-input", "--supersede", "develop", "--idempotency-key", "commit-1", "--detach", "--", "sleep", "600"];
        var first = (await bench.RunAsync(old)).Out.Trim();

        var newer = await bench.RunAsync("submit", "--no-input", "--supersede", "develop", "--deadline", "1h", "--priority", "5", "--", "echo", "newer");
        var repeated = (await bench.RunAsync(old)).Out.Trim();
        var status = await bench.RunAsync("status", first);

        Assert.True(newer.ExitCode == 0, newer.ToString());
        Assert.Equal(first, repeated);
        Assert.Contains("CANCEL", status.Out, StringComparison.Ordinal);
        Assert.Contains("superseded by job", status.Out, StringComparison.Ordinal);
        Assert.Contains("supersedes by develop", status.Out, StringComparison.Ordinal);
    }

    private static async Task RunsOnAsync(FarmBench bench, string worker)
    {
        // Asked as a person would; each question takes a process, so nothing spins.
        for (var i = 0; i < 100; i++)
        {
            if ((await bench.RunAsync("workers", "--farm", bench.Url)).Out.Split('\n').Any(line =>
                line.StartsWith(worker, StringComparison.Ordinal) && line.Contains("killer", StringComparison.Ordinal)))
            {
                return;
            }
        }

        throw new InvalidOperationException($"The task never ran on {worker}.");
    }

    private static async Task<FarmResult> UntilUpAsync(Func<Task<FarmResult>> run)
    {
        var result = await run();
        for (var i = 0; i < 50 && result.ExitCode == 7; i++)
        {
            result = await run();
        }

        Assert.True(result.ExitCode == 0, result.ToString());
        return result;
    }
}
