namespace BuildFarm.Bench;

/// <summary>A process with a worker in it.</summary>
/// <param name="ProcessId">Of the process.</param>
/// <param name="TasksFolder">Folders of the worker's running tasks.</param>
/// <param name="ScratchFolder">A folder that goes with it.</param>
internal sealed record RuntimeHost(int ProcessId, string TasksFolder, string ScratchFolder);
