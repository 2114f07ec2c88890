using BuildFarm.Worker.Rootless;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>What goes into a bundle's <c>config.json</c> beside the container's own spec.</summary>
/// <param name="RootPath">The prepared root, in the worker's mount namespace.</param>
/// <param name="CgroupsPath">For the runtime to make.</param>
/// <param name="Ids">Those that the container's user namespace maps.</param>
/// <param name="Inner">Program and arguments that run as process 1, before the task's own.</param>
/// <param name="Scratch">The task's private folders.</param>
internal sealed record OciBundle(string RootPath, string CgroupsPath, HostIds Ids, IReadOnlyList<string> Inner, OciScratch Scratch)
{
    /// <summary>Read-only binds: where in the container, and what of the stage or the host.</summary>
    public IReadOnlyList<(string Target, string Source)> Shown { get; init; } = [];

    /// <summary>The system call filter ready made, in base 64; null when the runtime makes it from the profile.</summary>
    public string? Filter { get; init; }
}
