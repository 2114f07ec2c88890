using BuildFarm.TestKit;
using BuildFarm.V1;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>A worker whose disk runs full while a task writes.</summary>
public sealed class FullDiskTests(FullDiskTests.SmallBench bench) : IClassFixture<FullDiskTests.SmallBench>
{
    [Fact]
    public async Task Log_ThatTheDiskCannotKeep_EndsTheTaskAndSaysWhy()
    {
        var end = await bench.ShellAsync("yes");
        Assert.Equal(Outcome.Infrastructure, end.Completion.Outcome);
        Assert.StartsWith("what the task writes cannot be kept: No space left on device", end.Completion.Message, StringComparison.Ordinal);

        var next = await bench.ShellAsync("echo again");
        Assert.Equal("again\n", next.Output);
    }

    [Fact]
    [Trait("Fault", "18")]
    public async Task Command_ThatFailsOnAFullDisk_IsTheWorkersFaultAndNotItsOwn()
    {
        var end = await bench.ShellAsync("dd if=/dev/zero of=f bs=1M count=5 || exit 7");
        Assert.Equal(Outcome.Infrastructure, end.Completion.Outcome);
        Assert.Equal("the worker's disk was full while it ran; exit code 7", end.Completion.Message);

        await bench.Engine.Remover.CatchUpAsync();
        // What it saw for a moment counts too, though nothing of it is left when it fails. The worker looks five times a second; the moment is
        // longer than a machine may stand still.
        end = await bench.ShellAsync("dd if=/dev/zero of=f bs=1M count=5; sleep 20; rm f; exit 7");
        Assert.Equal("the worker's disk was full while it ran; exit code 7", end.Completion.Message);
        await bench.Engine.Remover.CatchUpAsync();
        Assert.Equal(Outcome.Failure, (await bench.ShellAsync("exit 7")).Completion.Outcome);
    }

    /// <summary>Its tasks' folders have less room than a task may write.</summary>
    public sealed class SmallBench : WorkerBench
    {
        private SmallDisk? disk;

        public override async ValueTask InitializeAsync()
        {
            disk = SmallDisk.Mount(WorkerData, megabytes: 3);
            await base.InitializeAsync();
        }

        public override async ValueTask DisposeAsync()
        {
            disk?.Dispose();
            await base.DisposeAsync();
        }
    }
}
