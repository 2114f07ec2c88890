using BuildFarm.Worker.Native;
using Microsoft.Win32.SafeHandles;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Worker.Outputs;

/// <summary>Records an output that is a symbolic link, in the new field and, for clients of REAPI 2.0, in an older one.</summary>
internal static class OutputLinks
{
    public static void Add(Reapi.ActionResult result, DirectoryHandle workspace, SafeFileHandle link, string path, string declared)
    {
        var target = DirectoryHandle.ReadLink(link) ?? throw new OutputRefusedException($"the target of the symbolic link {declared} is not UTF-8");
        var output = new Reapi.OutputSymlink { Path = declared, Target = target };
        result.OutputSymlinks.Add(output);
#pragma warning disable CS0612
        (LeadsToFolder(workspace, path, target) ? result.OutputDirectorySymlinks : result.OutputFileSymlinks).Add(output.Clone());
#pragma warning restore CS0612
    }

    /// <summary>Looks at the target inside the workspace alone; what leads out counts as a file.</summary>
    private static bool LeadsToFolder(DirectoryHandle workspace, string path, string target)
    {
        if (OutputPath.Resolve(OutputPath.Parent(path), target) is not { } resolved)
            return false;
        using var found = workspace.TryOpenBeneath(resolved.Length == 0 ? "." : resolved, Libc.OpenPath, out _);
        return found is not null && FileFacts.Of(Libc.Number(found)).Kind == FileKind.Directory;
    }
}
