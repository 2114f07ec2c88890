using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>A farm whose tasks run in containers of a Docker daemon.</summary>
[Trait("Tier", "Full")]
public sealed class DockerTests
{
    private const string Secret = "tok-Zq8vKw2Lr9-docker";

    [Fact]
    public async Task Up_WithDocker_RunsTasksInItsImage_AndStopsWithoutAContainer()
    {
        await using var daemon = await DockerDaemon.StartAsync();
        var before = await daemon.RunAsync("ps", "-aq");
        await using (var bench = new FarmBench())
        {
            var secret = Path.Combine(Directory.CreateDirectory(bench.PathOf("secrets")).FullName, "token");
            await File.WriteAllTextAsync(secret, Secret, TestContext.Current.CancellationToken);
            File.SetUnixFileMode(secret, UnixFileMode.UserRead);
            await bench.UpAsync("--isolation", "docker", "--image", daemon.Image, "--docker-socket", daemon.Socket, "--workers", "2", "--secrets", Path.GetDirectoryName(secret)!);
            bench.UseFreshProject();
            bench.Write("in.txt", "from the folder\n");
            for (var i = 0; i < 3; i++)
            {
                var result = await bench.RunAsync("submit", "--", "sh", "-c", $": {i}; echo changed >> in.txt; cat in.txt; id -un; test ! -e ~/x && touch ~/x");
                Assert.True(result.ExitCode == 0, result.ToString());
                Assert.Equal("from the folder\nchanged\nfarm\n", result.Out);
            }

            var used = await bench.RunAsync("submit", "--no-input", "--secret", "token", "--", "sh", "-c", "cat $FARM_SECRETS/token; wc -c < /run/secrets/token");
            Assert.True(used.ExitCode == 0, used.ToString());
            Assert.Equal($"***{Secret.Length}\n", used.Out);
            Assert.Equal([secret], SecretSearch.InFiles(bench.PathOf(""), Secret));

            bench.Write("job.yaml", "tasks:\n  a: {run: 'echo kept > ~/f', inputs: [], home: {kept: h}}\n  b: {run: test \"$(cat ~/f)\" = kept, needs: [a], inputs: [], home: {kept: h}}\n");
            var kept = await bench.RunAsync("submit", "job.yaml");
            Assert.True(kept.ExitCode == 0, kept.ToString());
            var removed = await bench.RunAsync("homes", "remove", "h");
            Assert.True(removed.ExitCode == 0, removed.ToString());

            var workers = await bench.RunAsync("workers");
            Assert.Contains($"container-image={daemon.Image}", workers.Out, StringComparison.Ordinal);
        }

        Assert.Equal(before, await daemon.RunAsync("ps", "-aq"));
    }

    [Fact]
    public async Task Daemon_KilledInATask_TheTaskRunsAgainWhenItIsBack()
    {
        await using var daemon = await DockerDaemon.StartAloneAsync();
        await using var bench = new FarmBench();
        string[] docker = ["--isolation", "docker", "--image", daemon.Image, "--docker-socket", daemon.Socket];
        await bench.UpAsync(["--workers", "0", .. docker]);
        var worker = bench.StartWorker("node", docker);
        await worker.ErrorLineAsync("linked to the coordinator");
        var held = new Held();
        await using var submit = bench.Start("submit", "--no-input", "--no-cache", "--", "sh", "-c", $"echo started; {held.Command}; echo finished");
        await submit.OutLineAsync("started");
        await daemon.EndAsync("KILL");
        await worker.ErrorLineAsync("taking no tasks: the Docker daemon at");
        await submit.ErrorLineAsync("LOST   node; queued again");
        var listed = await bench.RunAsync("workers");
        Assert.Contains($"worker node: the Docker daemon at {daemon.Socket} has gone away; start it again", listed.Out, StringComparison.Ordinal);

        await daemon.StartAgainAsync();
        var result = await held.LetGoUntilEndAsync(submit);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.EndsWith("finished\n", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("Docker daemon", (await bench.RunAsync("workers")).Out, StringComparison.Ordinal);
        var run = (await bench.RunAsync("jobs", "--limit", "1")).Out.Split('\n')[1].Split(' ')[0];
        var attempt = WhoRanIt.AssertKnown(await bench.RunAsync("status", run, "--json"), number: 1, "node", "infrastructure");
        Assert.Contains("went away while the task ran", attempt.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.StartsWith($"{daemon.Image} sha256:", attempt.GetProperty("ran_on").GetProperty("image").GetString(), StringComparison.Ordinal);
        await worker.SignalAsync("TERM");
        Assert.Equal(0, (await worker.EndAsync()).ExitCode);
        Assert.Equal("", await daemon.RunAsync("ps", "-aq"));
    }
}
