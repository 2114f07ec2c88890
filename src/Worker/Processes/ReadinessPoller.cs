using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using BuildFarm.Worker.Native;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Processes;

/// <summary>
/// One thread that waits for descriptors of any kind (pipes, pidfds) to become readable. The platform's streams over pipes
/// hold a pool thread for each pending read, which starves a machine with few cores.
/// </summary>
internal sealed partial class ReadinessPoller : IDisposable
{
    private const int ControlAdd = 1;
    private const int ControlRemove = 2;
    private const int ControlModify = 3;
    private const uint Readable = 0x1;
    private const uint OneShot = 1u << 30;

    private const int UnpackedLength = 16;

    // struct epoll_event is packed on x86-64 alone.
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int EntryLength = Packed ? 12 : UnpackedLength;
    private static readonly int DataOffset = Packed ? 4 : 8;

    private readonly SafeFileHandle poll = Libc.Handle(EpollCreate(Libc.OpenCloseOnExec), "make a poll set");
    private readonly SafeFileHandle stop = Libc.Handle(Libc.EventFile(0, Libc.OpenCloseOnExec), "make an event");
    private readonly ConcurrentDictionary<int, TaskCompletionSource> waiters = new();
    private readonly Thread thread;

    public ReadinessPoller()
    {
        Control(ControlAdd, Libc.Number(stop), Readable);
        thread = new Thread(Serve) { IsBackground = true, Name = "readiness poller" };
        thread.Start();
    }

    /// <summary>Completes when a read would not block, or at the end of the stream. One waiter a descriptor.</summary>
    /// <param name="descriptor">Stays open until the task has ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitReadableAsync(SafeFileHandle descriptor, CancellationToken cancellationToken)
    {
        var number = Libc.Number(descriptor);
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiters[number] = waiter;
        Arm(number);
        await using var registration = cancellationToken.Register(() => waiter.TrySetCanceled(cancellationToken));
        try
        {
            await waiter.Task;
        }
        finally
        {
            waiters.TryRemove(KeyValuePair.Create(number, waiter));
        }
    }

    public unsafe void Dispose()
    {
        ulong one = 1;
        _ = Libc.Write(Libc.Number(stop), (byte*)&one, sizeof(ulong));
        thread.Join();
        stop.Dispose();
        poll.Dispose();
    }

    private void Arm(int number)
    {
        // A descriptor of this number that was closed has left the set by itself, so both calls are ordinary.
        if (TryControl(ControlModify, number, Readable | OneShot) == LinuxError.NoSuchFile)
            Control(ControlAdd, number, Readable | OneShot);
    }

    private void Control(int operation, int number, uint events)
    {
        var error = TryControl(operation, number, events);
        if (error != 0)
            throw LinuxError.Of(error, "wait for a descriptor");
    }

    private unsafe int TryControl(int operation, int number, uint events)
    {
        var entry = stackalloc byte[UnpackedLength];
        *(uint*)entry = events;
        *(int*)(entry + DataOffset) = number;
        return EpollControl(Libc.Number(poll), operation, number, entry) == 0 ? 0 : LinuxError.LastNumber;
    }

    private unsafe void Serve()
    {
        const int Most = 64;
        var ready = stackalloc byte[Most * UnpackedLength];
        while (true)
        {
            var count = EpollWait(Libc.Number(poll), ready, Most, -1);
            if (count < 0 && LinuxError.LastNumber != LinuxError.Interrupted)
                return;
            for (var i = 0; i < count; i++)
            {
                var number = *(int*)(ready + (i * EntryLength) + DataOffset);
                if (number == Libc.Number(stop))
                    return;
                if (waiters.TryGetValue(number, out var waiter))
                    waiter.TrySetResult();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static unsafe partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static unsafe partial int EpollControl(int poll, int operation, int number, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static unsafe partial int EpollWait(int poll, byte* ready, int most, int milliseconds);
}
