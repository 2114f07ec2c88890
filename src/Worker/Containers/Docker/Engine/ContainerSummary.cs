namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>One line of a list of containers.</summary>
internal sealed record ContainerSummary(string Id, string State, IReadOnlyList<string> Names);
