using System.Globalization;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Execution.Guards;

/// <summary>
/// Ends a task that writes more to its folders on disk than it may. Most file systems have no quota that a worker could set, so it
/// looks: at how full the file system is, which is one system call, and at the folders themselves when that has changed by much.
/// </summary>
/// <param name="what">What the folders are, for the message.</param>
/// <param name="folders">What the task may write to, on one file system.</param>
/// <param name="limits">How much.</param>
/// <param name="time">Between two looks.</param>
internal sealed class DiskGuard(string what, IReadOnlyList<string> folders, ContainerLimits limits, TimeProvider time) : IRunGuard
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    // What is seen of the file system is of all tasks together: this part of the limit may go by unseen, and for this many looks.
    private const int UnseenPart = 16;
    private const int UnseenLooks = 25;

    private FileSystemUse _looked;
    private volatile bool _wasFull;
    private int _looks;

    /// <summary>Whether the disk itself was full at some time, or is: what the task wrote may have been refused for no fault of its own.</summary>
    public bool WasFull => _wasFull || FileSystemUse.Of(folders[0]).IsFull;

    public async Task<RunEnd> WatchAsync(IRunningContainer container, CancellationToken cancellationToken)
    {
        _looked = FileSystemUse.Of(folders[0]);
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var use = FileSystemUse.Of(folders[0]);
            if (use.IsFull)
                _wasFull = true;
            if (!MayBeTooMuch(use))
                continue;
            _looked = use;
            _looks = 0;
            if (Find(container) is { } problem)
                return new RunEnd(EndReason.DiskLimit, problem);
        }

        return new RunEnd(EndReason.Exited);
    }

    private bool MayBeTooMuch(FileSystemUse use) =>
        _looked.FreeBytes - use.FreeBytes > limits.WorkspaceBytes / UnseenPart
        || (use.CountsFiles && _looked.FreeFiles - use.FreeFiles > limits.WorkspaceFiles / UnseenPart)
        || ++_looks >= UnseenLooks;

    private string? Find(IRunningContainer container)
    {
        var (bytes, files) = (DeletedFiles.BytesHeldBy(container.Processes()), 0L);
        foreach (var folder in folders)
        {
            var size = TreeMeter.Measure(folder, limits.WorkspaceFiles);
            if (size.IsTooDeep)
                return string.Create(CultureInfo.InvariantCulture, $"made folders more than {TreeMeter.MostDepth} deep");
            bytes += size.Bytes;
            files += size.Entries;
        }

        if (files > limits.WorkspaceFiles)
            return string.Create(CultureInfo.InvariantCulture, $"made more than {limits.WorkspaceFiles} files in {what}");
        return bytes > limits.WorkspaceBytes
            ? string.Create(CultureInfo.InvariantCulture, $"wrote more than {Verdict.Bytes(limits.WorkspaceBytes)} to {what}")
            : null;
    }
}
