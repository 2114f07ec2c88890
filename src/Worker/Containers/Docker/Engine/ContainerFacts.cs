namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>What the daemon knows of a container.</summary>
internal sealed record ContainerFacts(string Id, ContainerState State);
