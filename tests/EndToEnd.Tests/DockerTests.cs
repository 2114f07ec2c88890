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
}
