using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Inputs;

/// <summary>The folder of one task: its inputs, writable for it alone. Disposal gives it to the remover.</summary>
internal interface IWorkspace : IAsyncDisposable
{
    /// <summary>A folder for what the runtime and the worker keep of the task.</summary>
    string StateDirectory { get; }

    /// <summary>For the runtime.</summary>
    WorkspaceMount Mount { get; }

    /// <summary>
    /// Makes a folder and those above it where they are not, owned by the task. Where something else is in the way nothing
    /// is made, and the task finds out.
    /// </summary>
    /// <param name="path">Relative, normal form (see <see cref="Outputs.OutputPath"/>).</param>
    void MakeDirectory(string path);

    /// <summary>What the task sees, read-only, once nothing of the task runs any more.</summary>
    DirectoryHandle OpenForReading();
}
