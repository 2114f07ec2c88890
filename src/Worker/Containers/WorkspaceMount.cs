namespace BuildFarm.Worker.Containers;

/// <summary>The folder a task works in, as its runtime gets to it.</summary>
internal abstract record WorkspaceMount;

/// <summary>A merged view that the runtime mounts inside the container, so that the host never has the mount.</summary>
/// <param name="Lower">The inputs, shared with other tasks, never written to.</param>
/// <param name="Upper">What the task writes.</param>
/// <param name="Work">The overlay's own scratch folder, on the file system of <paramref name="Upper"/>.</param>
internal sealed record OverlayMount(string Lower, string Upper, string Work) : WorkspaceMount;

/// <summary>A folder with copies of the inputs.</summary>
internal sealed record FolderMount(string Path) : WorkspaceMount;
