namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>Where the daemon keeps what a container writes.</summary>
/// <param name="Type">The driver; <c>none</c> for nowhere.</param>
internal sealed record LogSettings(string Type);
