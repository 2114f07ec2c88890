using System.Runtime.InteropServices;
using BuildFarm.Worker.Native;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Processes;

/// <summary>
/// A copy of a program in memory that nobody can change any more (memfd_create(2) with all seals). Container runtimes make
/// one of themselves at each start, so that no container can write to the host's file, and start again from it; a runtime
/// that is started from such a copy runs at once.
/// </summary>
internal sealed partial class SealedProgram : IDisposable
{
    private const uint CloseOnExec = 1;
    private const uint AllowSealing = 2;
    private const uint Executable = 0x10;
    private const int AddSeals = 1033;

    // F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW and F_SEAL_WRITE: what runtimes look for, exactly.
    private const int Seals = 0xf;

    private readonly SafeFileHandle _file;

    private SealedProgram(SafeFileHandle file) => _file = file;

    /// <summary>For posix_spawn(3), by a thread of this process.</summary>
    public string Path => $"/proc/self/fd/{Libc.Number(_file)}";

    /// <summary>For a program that this process has started, as long as this process has not disposed of it.</summary>
    public string PathForOthers => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{Libc.Number(_file)}");

    /// <summary>A sealed copy of <paramref name="program"/>; null where the kernel gives none or lets none be run.</summary>
    public static SealedProgram? TryMake(string program)
    {
        // Linux 6.3 wants to be told that it is to be run; older ones do not know the flag.
        var descriptor = MakeFile("runtime", CloseOnExec | AllowSealing | Executable);
        if (descriptor < 0)
        {
            descriptor = MakeFile("runtime", CloseOnExec | AllowSealing);
        }

        if (descriptor < 0)
        {
            return null;
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        RandomAccess.Write(file, File.ReadAllBytes(program), 0);
        if (Libc.FileControl(descriptor, AddSeals, Seals) == 0)
        {
            return new SealedProgram(file);
        }

        file.Dispose();
        return null;
    }

    public void Dispose() => _file.Dispose();

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFile(string name, uint flags);
}
