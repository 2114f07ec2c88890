using System.Globalization;
using System.Runtime.InteropServices;
using BuildFarm.Worker.Containers.Cgroups;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Processes;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>
/// Process 1 of a container, watched through a pidfd. It is the daemon's child: the worker sees its end at once, long before the
/// daemon has cleaned up and tells of it.
/// </summary>
internal sealed partial class ProcessOne : IDisposable
{
    private const long OpenProcessFile = 434;

    // PIDFD_GET_INFO of the first form of struct pidfd_info, with the exit code since Linux 6.15.
    private const ulong GetInfo = 0xC040FF0B;
    private const int InfoBytes = 64;
    private const int InfoExitCode = 60;
    private const ulong InfoExit = 1 << 3;

    // Of /proc/PID/stat, counted from the state: the exit code of a process that has not been waited for.
    private const int StatExitCode = 49;

    private readonly SafeFileHandle _file;
    private readonly ReadinessPoller _poller;

    private ProcessOne(int id, SafeFileHandle file, ReadinessPoller poller)
    {
        Id = id;
        _file = file;
        _poller = poller;
    }

    /// <summary>Process id, as the worker sees it.</summary>
    public int Id { get; }

    /// <summary>Opens a container's process 1; null when there is no such process that belongs to the container.</summary>
    /// <param name="id">As the daemon says.</param>
    /// <param name="container">Id of the container, which is part of its cgroup's name.</param>
    /// <param name="poller">Waits for the end.</param>
    public static unsafe ProcessOne? TryOpen(int id, string container, ReadinessPoller poller)
    {
        var descriptor = (int)Libc.Syscall(OpenProcessFile, id, null, null, 0, 0);
        if (descriptor < 0)
            return null;
        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        // The number is right only where worker and daemon count processes alike.
        if (KernelFile.TryRead($"/proc/{id}/cgroup")?.Contains(container, StringComparison.Ordinal) == true)
            return new ProcessOne(id, file, poller);
        file.Dispose();
        return null;
    }

    /// <summary>Waits for its end, which is the end of everything in its pid namespace.</summary>
    /// <returns>Its wait status; null when the kernel does not tell.</returns>
    public async Task<int?> WaitAsync(CancellationToken cancellationToken)
    {
        await _poller.WaitReadableAsync(_file, cancellationToken);
        // The kernel keeps the code in one place until the daemon has waited for its child, and in another from then on.
        return StatusOfEnded() ?? StatusOfWaiting() ?? StatusOfEnded();
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The exit code, 128 + n when signal n ended it.</summary>
    internal static int CodeOf(int waitStatus) => SignalOf(waitStatus) is > 0 and var signal ? 128 + signal : (waitStatus >> 8) & 0xff;

    /// <summary>The signal that ended it; 0 when it ended by itself.</summary>
    internal static int SignalOf(int waitStatus) => waitStatus & 0x7f;

    private unsafe int? StatusOfEnded()
    {
        var info = stackalloc byte[InfoBytes];
        new Span<byte>(info, InfoBytes).Clear();
        *(ulong*)info = InfoExit;
        return Control(Libc.Number(_file), GetInfo, info) == 0 && (*(ulong*)info & InfoExit) != 0 ? *(int*)(info + InfoExitCode) : null;
    }

    private int? StatusOfWaiting()
    {
        var text = KernelFile.TryRead($"/proc/{Id}/stat") ?? "";
        // The name before it is in parentheses and may have any character.
        var fields = text[(text.LastIndexOf(')') + 1)..].TrimEnd().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields is ["Z", ..] && fields.Length > StatExitCode
            ? int.Parse(fields[StatExitCode], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
            : null;
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int Control(int file, ulong request, byte* argument);
}
