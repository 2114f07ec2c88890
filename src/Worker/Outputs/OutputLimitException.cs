namespace BuildFarm.Worker.Outputs;

/// <summary>The outputs are larger than a task's may be.</summary>
internal sealed class OutputLimitException(string message) : Exception(message);
