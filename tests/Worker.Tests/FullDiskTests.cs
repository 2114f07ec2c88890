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
