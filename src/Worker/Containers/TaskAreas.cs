namespace BuildFarm.Worker.Containers;

/// <summary>Where the worker finds what a task wrote beside its workspace, from its end to the disposal of its container.</summary>
/// <param name="Home">Its HOME; null where the worker cannot see it.</param>
/// <param name="Temporary">Its TMPDIR, likewise.</param>
/// <param name="SharedMemory">Its /dev/shm, likewise.</param>
internal sealed record TaskAreas(string? Home, string? Temporary, string? SharedMemory)
{
    /// <summary>Its XDG_RUNTIME_DIR, likewise.</summary>
    public string? Runtime { get; init; }

    public static TaskAreas None { get; } = new(null, null, null);
}
