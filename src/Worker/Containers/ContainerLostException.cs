namespace BuildFarm.Worker.Containers;

/// <summary>What runs a container went away before the container had ended and told all; the task is not to blame.</summary>
internal sealed class ContainerLostException(string message) : IOException(message);
