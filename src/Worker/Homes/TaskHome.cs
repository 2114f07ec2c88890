using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Execution.Guards;

namespace BuildFarm.Worker.Homes;

/// <summary>The home of one task on disk. Disposal, when nothing of the task runs any more, gives it back.</summary>
internal abstract class TaskHome : IAsyncDisposable
{
    /// <summary>For the runtime.</summary>
    public abstract WorkspaceMount Mount { get; }

    /// <summary>Watches what the task writes there.</summary>
    public abstract IRunGuard Guard { get; }

    public abstract ValueTask DisposeAsync();
}
