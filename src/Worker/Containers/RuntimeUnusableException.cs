namespace BuildFarm.Worker.Containers;

/// <summary>A container runtime does not work on this machine. The message is one line that says what to do.</summary>
public sealed class RuntimeUnusableException(string message) : Exception(message);
