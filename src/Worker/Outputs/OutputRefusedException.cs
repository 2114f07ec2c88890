namespace BuildFarm.Worker.Outputs;

/// <summary>A declared output is nothing that may be collected: it leads out of the workspace, or is no file, folder or link.</summary>
internal sealed class OutputRefusedException(string message) : Exception(message);
