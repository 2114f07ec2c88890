using BuildFarm.Worker.Containers.Seccomp;

namespace BuildFarm.Worker.Containers;

/// <summary>One container to run.</summary>
/// <param name="Id">Unique on the machine; begins with the worker's prefix.</param>
/// <param name="StateDirectory">An empty folder of the container's own for what the runtime needs.</param>
/// <param name="Arguments">The command; the first is looked up in the container's PATH, or relative to the working directory when it has a slash.</param>
/// <param name="Environment">All of it.</param>
/// <param name="Workspace">What the task finds at <see cref="ContainerPaths.Workspace"/>.</param>
/// <param name="WorkingDirectory">Relative to the workspace; empty for the workspace itself.</param>
/// <param name="Limits">What it may use.</param>
/// <param name="Network">Uses the host's network; otherwise only a loopback of its own.</param>
internal sealed record ContainerSpec(
    string Id,
    string StateDirectory,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<KeyValuePair<string, string>> Environment,
    WorkspaceMount Workspace,
    string WorkingDirectory,
    ContainerLimits Limits,
    bool Network)
{
    /// <summary>Its home, on disk; null for a fresh one in memory.</summary>
    public WorkspaceMount? Home { get; init; }

    /// <summary>What it finds at <see cref="ContainerPaths.Secrets"/>, a file each.</summary>
    public IReadOnlyList<TaskSecret> Secrets { get; init; } = [];

    /// <summary>Numbers of the CPUs that it runs on and sees; empty for all of the machine's.</summary>
    public IReadOnlyList<int> Cpus { get; init; } = [];

    /// <summary>What runs before its command; null for nothing.</summary>
    public Prelude? Prelude { get; init; }

    /// <summary>Which system calls it may make.</summary>
    public SeccompProfile Profile { get; init; } = SeccompProfile.Default;
}
