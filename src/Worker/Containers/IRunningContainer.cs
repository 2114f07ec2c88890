using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Containers;

/// <summary>A started container. Disposal ends what still runs and removes every trace.</summary>
internal interface IRunningContainer : IAsyncDisposable
{
    IOutputStream StandardOutput { get; }

    IOutputStream StandardError { get; }

    /// <summary>Waits until nothing of the container runs any more, and says how it went.</summary>
    Task<ExitEvidence> WaitAsync(CancellationToken cancellationToken);

    /// <summary>Where to look at what it wrote beside its workspace.</summary>
    TaskAreas Areas => TaskAreas.None;

    /// <summary>Ids, as the worker sees them, of the processes that run in it; none where the machine does not tell.</summary>
    IReadOnlyList<int> Processes() => [];

    /// <summary>What it has used until now.</summary>
    CgroupUsage ReadUsage() => CgroupUsage.None;

    /// <summary>Looks, when it has ended and its streams too, whether they can have told all.</summary>
    /// <exception cref="ContainerLostException">What runs containers was gone meanwhile.</exception>
    Task ConfirmAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Asks every process of the container to end (SIGTERM).</summary>
    void Terminate();

    /// <summary>Ends every process of the container (SIGKILL).</summary>
    void Kill();
}
