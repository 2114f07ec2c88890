namespace BuildFarm.Worker.Containers;

/// <summary>The runtime could not start a container; the task is not to blame.</summary>
internal sealed class ContainerStartException(string message) : Exception(message);
