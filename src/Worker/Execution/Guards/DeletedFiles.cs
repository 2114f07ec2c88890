using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Execution.Guards;

/// <summary>Files of workspaces that have no name any more and take room as long as a process has them open.</summary>
internal static class DeletedFiles
{
    private const string Ending = " (deleted)";

    /// <summary>Bytes on disk, each file once for each descriptor of a process.</summary>
    public static long BytesHeldBy(IReadOnlyList<int> processes)
    {
        long bytes = 0;
        foreach (var process in processes)
        {
            foreach (var link in Descriptors($"/proc/{process}/fd"))
                bytes += BytesOf(link);
        }

        return bytes;
    }

    private static string[] Descriptors(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended.
            return [];
        }
    }

    private static long BytesOf(string descriptor)
    {
        try
        {
            var target = new FileInfo(descriptor).LinkTarget;
            if (target is null || !target.EndsWith(Ending, StringComparison.Ordinal) || !target.StartsWith(ContainerPaths.Workspace + "/", StringComparison.Ordinal))
                return 0;
            // Through the link of /proc, which leads to the file itself whatever its name.
            using var file = Libc.Handle(Libc.OpenAt(Libc.AtCurrentDirectory, descriptor, Libc.OpenPath | Libc.OpenCloseOnExec, 0), descriptor);
            return FileFacts.Of(Libc.Number(file)).DiskBytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
