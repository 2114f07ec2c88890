using BuildFarm.TestKit;
using BuildFarm.Worker.Containers.Cgroups;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>Cgroups are removed by others too, at the same moment: by a runtime, a daemon, the worker's other threads.</summary>
public sealed class CgroupFolderTests
{
    private const int Rounds = 20;
    private const int Cgroups = 200;
    private const int Races = 20_000;

    [Fact]
    public async Task Remove_WhileAnotherRemovesTheSame_IsTrueForBoth()
    {
        using var tree = new TempFolder();
        var folder = Path.Combine(tree.Path, "buildfarm-w");
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < Cgroups; i++)
            {
                Directory.CreateDirectory(Path.Combine(folder, $"{i}", "c"));
            }

            using var start = new Barrier(2);
            var removals = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait(TestContext.Current.CancellationToken);
                    return CgroupFolder.Remove(folder);
                },
                TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default));
            Assert.All(await Task.WhenAll(removals), Assert.True);
            Assert.False(Directory.Exists(folder));
        }
    }

    [Fact]
    public async Task Make_WhileAnotherRemovesTheEmptyParent_MakesIt()
    {
        using var tree = new TempFolder();
        var parent = Path.Combine(tree.Path, "buildfarm");
        using var start = new Barrier(2);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(worker => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(TestContext.Current.CancellationToken);
                for (var round = 0; round < Races; round++)
                {
                    var folder = CgroupFolder.Make(Path.Combine(parent, $"w{worker}"));
                    Assert.True(Directory.Exists(folder));
                    Assert.True(CgroupFolder.Remove(folder));
                    CgroupFolder.RemoveIfEmpty(parent);
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.False(Directory.Exists(parent));
    }
}
