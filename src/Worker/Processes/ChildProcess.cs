using System.Runtime.InteropServices;
using BuildFarm.Worker.Native;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Processes;

/// <summary>
/// A child process, started with posix_spawn(3) by the calling thread, whose namespaces it inherits, as leader of a process
/// group of its own, and waited for through a pidfd.
/// </summary>
internal sealed partial class ChildProcess : IDisposable
{
    private const long PidFileOpen = 434;
    private const int ProcessById = 1;
    private const int WaitExited = 4;
    private const int DoNotWait = 1;

    private readonly SafeFileHandle pidFile;
    private readonly ReadinessPoller poller;
    private readonly Lazy<Task<ProcessExit>> _end;
    private ProcessExit? exit;

    private ChildProcess(int id, SafeFileHandle pidFile, ReadinessPoller poller)
    {
        Id = id;
        this.pidFile = pidFile;
        this.poller = poller;
        _end = new(ReapAsync);
    }

    /// <summary>Process id, and the id of its group.</summary>
    public int Id { get; }

    /// <summary>Starts a program.</summary>
    /// <param name="program">Absolute path.</param>
    /// <param name="arguments">The first is the program's name.</param>
    /// <param name="environment">All of it, as <c>NAME=value</c>.</param>
    /// <param name="streams">Standard input, output and error.</param>
    /// <param name="workingDirectory">Null for the worker's.</param>
    /// <param name="poller">Waits for its end.</param>
    /// <exception cref="IOException">The program cannot be started; <see cref="Exception.HResult"/> is the error number.</exception>
    public static unsafe ChildProcess Start(
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyList<string> environment,
        StandardStreams streams,
        string? workingDirectory,
        ReadinessPoller poller)
    {
        // Larger than the structures of any C library in use (glibc: 80 and 336 bytes).
        var actions = stackalloc byte[512];
        var attributes = stackalloc byte[1024];
        var allSignals = stackalloc byte[128];
        var noSignals = stackalloc byte[128];
        new Span<byte>(allSignals, 128).Fill(0xff);
        new Span<byte>(noSignals, 128).Clear();
        _ = ActionsInitialise(actions);
        _ = AttributesInitialise(attributes);
        var argumentBlock = new NativeStrings(arguments);
        var environmentBlock = new NativeStrings(environment);
        try
        {
            // The runtime blocks and handles signals for itself; a child starts with none blocked and all at their default.
            const short ProcessGroup = 2;
            const short DefaultSignals = 4;
            const short SignalMask = 8;
            _ = AttributesSetFlags(attributes, ProcessGroup | DefaultSignals | SignalMask);
            _ = AttributesSetDefault(attributes, allSignals);
            _ = AttributesSetMask(attributes, noSignals);
            _ = ActionsDuplicate(actions, Libc.Number(streams.Input), 0);
            _ = ActionsDuplicate(actions, Libc.Number(streams.Output), 1);
            _ = ActionsDuplicate(actions, Libc.Number(streams.Error), 2);
            if (workingDirectory is not null)
                _ = ActionsChangeDirectory(actions, workingDirectory);
            int id;
            var error = Spawn(&id, program, actions, attributes, argumentBlock.Pointer, environmentBlock.Pointer);
            if (error != 0)
                throw LinuxError.Of(error, $"start {program}");
            var watch = Libc.Handle((int)Libc.Syscall(PidFileOpen, id, null, null, 0, 0), "watch a process");
            return new ChildProcess(id, watch, poller);
        }
        finally
        {
            argumentBlock.Free();
            environmentBlock.Free();
            _ = ActionsDestroy(actions);
            _ = AttributesDestroy(attributes);
        }
    }

    /// <summary>Waits for the end of the process, which is reaped. Any number of callers may wait, and one that gives up ends no other's wait.</summary>
    public Task<ProcessExit> WaitAsync(CancellationToken cancellationToken) => _end.Value.WaitAsync(cancellationToken);

    /// <summary>Sends a signal to the process; nothing happens when it has ended.</summary>
    public void Signal(int signal)
    {
        if (exit is null)
            _ = Libc.Kill(Id, signal);
    }

    /// <summary>Sends a signal to the process and everything in its group.</summary>
    public void SignalGroup(int signal) => _ = Libc.Kill(-Id, signal);

    public void Dispose() => pidFile.Dispose();

    // Once for all who wait: a process can be reaped once, and its descriptor has one waiter.
    private async Task<ProcessExit> ReapAsync()
    {
        while (exit is null)
        {
            await poller.WaitReadableAsync(pidFile, CancellationToken.None);
            exit = TryReap(Id);
        }

        return exit.Value;
    }

    private static unsafe ProcessExit? TryReap(int id)
    {
        const int Exited = 1;
        var info = stackalloc byte[128];
        new Span<byte>(info, 128).Clear();
        if (Libc.WaitId(ProcessById, (uint)id, info, WaitExited | DoNotWait) != 0)
            throw LinuxError.Last("wait for a process");
        if (*(int*)(info + 16) == 0)
            return null;
        var status = *(int*)(info + 24);
        return *(int*)(info + 8) == Exited ? new ProcessExit(status, 0) : new ProcessExit(128 + status, status);
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Spawn(int* id, string program, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static unsafe partial int ActionsInitialise(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static unsafe partial int ActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static unsafe partial int ActionsDuplicate(byte* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int ActionsChangeDirectory(byte* actions, string path);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static unsafe partial int AttributesInitialise(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static unsafe partial int AttributesDestroy(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static unsafe partial int AttributesSetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static unsafe partial int AttributesSetDefault(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static unsafe partial int AttributesSetMask(byte* attributes, byte* signals);
}
