namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>The answer to a wait.</summary>
/// <param name="StatusCode">Exit code; 128 + n when signal n ended it.</param>
internal sealed record ContainerExit(int StatusCode);
