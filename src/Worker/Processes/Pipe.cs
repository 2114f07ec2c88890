using BuildFarm.Worker.Native;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Processes;

/// <summary>Makes pipes whose reading end belongs to the worker and whose writing end goes to a process.</summary>
internal static unsafe class Pipe
{
    private const int SetStatusFlags = 4;

    /// <summary>A new pipe; the reading end does not block, both ends are closed on exec.</summary>
    public static (SafeFileHandle Read, SafeFileHandle Write) Create()
    {
        var ends = stackalloc int[2];
        if (Libc.Pipe(ends, Libc.OpenCloseOnExec) != 0)
            throw LinuxError.Last("make a pipe");
        _ = Libc.FileControl(ends[0], SetStatusFlags, Libc.OpenNonBlocking);
        return (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }

    /// <summary>The reading end of a pipe that nobody can write to: standard input of a task. The host's <c>/dev/null</c>
    /// will not do, because runtimes give what they get as standard input to the container's user.</summary>
    public static SafeFileHandle Empty()
    {
        var (read, write) = Create();
        write.Dispose();
        return read;
    }

    /// <summary>Reads what is there without waiting: bytes read, 0 at the end, -1 when nothing is there now.</summary>
    public static int TryRead(SafeFileHandle pipe, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var read = (int)Libc.Read(Libc.Number(pipe), start, (nuint)buffer.Length);
                if (read >= 0)
                    return read;
                var error = LinuxError.LastNumber;
                if (error == LinuxError.TryAgain)
                    return -1;
                if (error != LinuxError.Interrupted)
                    throw LinuxError.Of(error, "read output");
            }
        }
    }
}
