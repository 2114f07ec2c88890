using BuildFarm.TestKit;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Containers.Cgroups;
using BuildFarm.Worker.Containers.Oci;
using BuildFarm.Worker.Processes;
using Xunit;

namespace BuildFarm.Worker.Tests.Oci;

/// <summary>What becomes of a container that is given up, with a <c>sleep</c> in the place of the runtime.</summary>
public sealed class OciContainerTests : IDisposable
{
    private const int Terminated = 128 + 15;

    private readonly TempFolder _folder = new();
    private readonly ReadinessPoller _poller = new();
    private bool _left;

    public void Dispose()
    {
        _poller.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Container_GivenUpWhileSomebodyWaits_IsHeardOfByBothAndLeft()
    {
        var container = Start(new FakeCgroup());
        var waiting = container.WaitAsync(CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        await container.DisposeAsync();
        Assert.True(_left);
        Assert.Equal(Terminated, (await waiting.WaitAsync(TimeSpan.FromSeconds(60), CancellationToken.None)).ExitCode);
    }

    [Fact]
    public async Task Container_WhoseEndCannotBeTold_IsLeftAllTheSame()
    {
        var container = Start(new FakeCgroup { Refuses = true });
        await Assert.ThrowsAsync<IOException>(() => container.DisposeAsync().AsTask());
        Assert.True(_left);
    }

    private OciContainer Start(ICgroup cgroup)
    {
        var (output, error) = (Pipe.Create(), Pipe.Create());
        using (output.Write)
        using (error.Write)
        {
            using var input = Pipe.Empty();
            var runtime = ChildProcess.Start("/bin/sleep", ["sleep", "600"], [], new StandardStreams(input, output.Write, error.Write), workingDirectory: null, _poller);
            return new OciContainer(
                runtime,
                cgroup,
                new OciBundleFolder(_folder.Path, _folder.Path, _folder.Path),
                new OciScratch(_folder.Path, _folder.Path),
                new OutputPipe(output.Read, _poller),
                new OutputPipe(error.Read, _poller),
                () =>
                {
                    _left = true;
                    return default;
                });
        }
    }

    /// <summary>One with nothing in it.</summary>
    private sealed class FakeCgroup : ICgroup
    {
        /// <summary>It cannot be told whether anything is left in it.</summary>
        public bool Refuses { get; init; }

        public string RuntimePath => "";

        public IReadOnlyList<(string Name, string Folder)> Folders => [];

        public string ProcessesFile => "";

        public CgroupUsage ReadUsage() => CgroupUsage.None;

        public IReadOnlyList<int> Processes() => [];

        public IDisposable? TryEnter() => null;

        public void CountHere(int process)
        {
        }

        public void Signal(int signal, int spared = 0)
        {
        }

        public void KillAll()
        {
            if (Refuses)
                throw new IOException("no answer");
        }

        public void Remove()
        {
        }

        public void Dispose()
        {
        }
    }
}
