namespace BuildFarm.Worker.Containers;

/// <summary>How inputs are laid out for a task.</summary>
internal enum WorkspaceKind
{
    /// <summary>Shared, read-only inputs under a layer of the task's own.</summary>
    Overlay = 1,

    /// <summary>A copy for each task, for runtimes that cannot mount.</summary>
    Copy,
}
