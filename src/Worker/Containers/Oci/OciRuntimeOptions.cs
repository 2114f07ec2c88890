using BuildFarm.Worker.Rootless;
using BuildFarm.Worker.Roots;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>What an OCI runtime needs to know of its worker.</summary>
/// <param name="Owner">Name of the worker, unique on the machine: letters, digits, dash.</param>
/// <param name="StateDirectory">A folder of the worker's own for what the runtime keeps.</param>
/// <param name="InputsDirectory">Where input trees are laid out.</param>
/// <param name="TasksDirectory">Where tasks have what they write; on the file system of the inputs or another.</param>
/// <param name="Root">What containers have as their root.</param>
/// <param name="Ids">What containers map.</param>
internal sealed record OciRuntimeOptions(
    string Owner,
    string StateDirectory,
    string InputsDirectory,
    string TasksDirectory,
    IContainerRoot Root,
    HostIds Ids)
{
    /// <summary>Where kept homes are.</summary>
    public string HomesDirectory => Path.Combine(Path.GetDirectoryName(TasksDirectory)!, "homes");
}
