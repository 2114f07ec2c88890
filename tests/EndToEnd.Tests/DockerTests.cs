using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>A farm whose tasks run in containers of a Docker daemon.</summary>
[Trait("Tier", "Full")]
public sealed class DockerTests
{
    [Fact]
    public async Task Up_WithDocker_RunsTasksInItsImage_AndStopsWithoutAContainer()
    {
        await using var daemon = await DockerDaemon.StartAsync();
        var before = await daemon.RunAsync("ps", "-aq");
        await using (var bench = new FarmBench())
        {
            await bench.UpAsync("--isolation", "docker", "--image", daemon.Image, "--docker-socket", daemon.Socket, "--workers", "2");
            bench.UseFreshProject();
            bench.Write("in.txt", "from the folder\n");
            for (var i = 0; i < 3; i++)
            {
                var result = await bench.RunAsync("submit", "--", "sh", "-c", $": {i}; echo changed >> in.txt; cat in.txt; id -un; test ! -e ~/x && touch ~/x");
                Assert.True(result.ExitCode == 0, result.ToString());
                Assert.Equal("from the folder\nchanged\nfarm\n", result.Out);
            }

            var workers = await bench.RunAsync("workers");
            Assert.Contains($"container-image={daemon.Image}", workers.Out, StringComparison.Ordinal);
        }

        Assert.Equal(before, await daemon.RunAsync("ps", "-aq"));
    }
}
