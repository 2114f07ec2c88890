namespace BuildFarm.Worker.Containers.Docker;

/// <summary>What the docker runtime needs to know of its worker.</summary>
/// <param name="Owner">Name of the worker, unique on the machine: letters, digits, dash.</param>
/// <param name="StateDirectory">A folder of the worker's own for what the runtime keeps.</param>
/// <param name="InputsDirectory">Where input trees are laid out.</param>
/// <param name="TasksDirectory">Where tasks have what they write.</param>
/// <param name="ExtraRootPaths">Folders of the host to show in containers, read-only.</param>
/// <param name="Docker">The operator's.</param>
/// <param name="Prepared">Containers that wait for a task each, at the most.</param>
internal sealed record DockerRuntimeOptions(
    string Owner,
    string StateDirectory,
    string InputsDirectory,
    string TasksDirectory,
    IReadOnlyList<string> ExtraRootPaths,
    DockerOptions Docker,
    int Prepared);
