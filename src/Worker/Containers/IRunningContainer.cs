using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Containers;

/// <summary>A started container. Disposal ends what still runs and removes every trace.</summary>
internal interface IRunningContainer : IAsyncDisposable
{
    IOutputStream StandardOutput { get; }

    IOutputStream StandardError { get; }

    /// <summary>Waits until nothing of the container runs any more, and says how it went.</summary>
    Task<ExitEvidence> WaitAsync(CancellationToken cancellationToken);

    /// <summary>Asks every process of the container to end (SIGTERM).</summary>
    void Terminate();

    /// <summary>Ends every process of the container (SIGKILL).</summary>
    void Kill();
}
