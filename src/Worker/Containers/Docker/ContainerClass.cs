using BuildFarm.Worker.Containers.Seccomp;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>What must be known of a task when its container is made; the rest is told to the waiting process 1.</summary>
internal sealed record ContainerClass(ContainerLimits Limits, bool Network, SeccompProfile Profile);
