namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>How a container is.</summary>
/// <param name="Status">created, running, exited, dead, …</param>
/// <param name="Pid">Process 1, in the daemon's own pid namespace; 0 when it does not run.</param>
/// <param name="ExitCode">Of process 1, once it has ended.</param>
/// <param name="OOMKilled">The kernel killed something in it for want of memory.</param>
/// <param name="Error">Why it could not be started.</param>
internal sealed record ContainerState(string Status, int Pid, int ExitCode, bool OOMKilled, string? Error);
