namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>The answer to the making of a container.</summary>
internal sealed record CreatedContainer(string Id);
