using BuildFarm.TestKit;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Containers.Oci;
using BuildFarm.Worker.Processes;
using BuildFarm.Worker.Roots;
using BuildFarm.Worker.Removal;
using BuildFarm.Worker.Rootless;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>Which runtime a worker takes, and what it says when there is none.</summary>
public sealed class RuntimeSelectorTests : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly ReadinessPoller poller = new();
    private readonly BackgroundRemover remover = new(NullLogger.Instance);

    public async ValueTask DisposeAsync()
    {
        await remover.DisposeAsync();
        poller.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Select_WithNothingInstalled_SaysWhatToInstall()
    {
        var error = await Assert.ThrowsAsync<RuntimeUnusableException>(() => SelectAsync([]));
        Assert.Contains("apt-get install crun", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public async Task Select_WhenTheFirstRefuses_TakesTheNext()
    {
        await Requirements.AptAsync("runc", "runc --version");
        var runc = Assert.Single(OciProgram.Find(ContainerPaths.SearchPath), static program => program.Name == "runc");
        await using var runtime = await SelectAsync([new OciProgram("crun", "/bin/false", DislikesHybridCgroups: true), runc]);
        Assert.StartsWith("runc (", runtime.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Select_WhenAllRefuse_NamesEachAndNeverRunsUnisolated()
    {
        var error = await Assert.ThrowsAsync<RuntimeUnusableException>(() => SelectAsync([new OciProgram("crun", "/bin/false", DislikesHybridCgroups: true)]));
        Assert.Contains("crun: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("--isolation none by name", error.Message, StringComparison.Ordinal);
    }

    private Task<IContainerRuntime> SelectAsync(IReadOnlyList<OciProgram> programs)
    {
        var options = new OciRuntimeOptions($"select{Environment.ProcessId}", folder.File("oci"), folder.File("inputs"), folder.File("tasks"), new HostRoot([], "test"), HostIds.Own());
        return new RuntimeSelector(poller, remover, NullLogger.Instance).SelectOciAsync(programs, options, CancellationToken.None);
    }
}
