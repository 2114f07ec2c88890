using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Disk;

/// <summary>A file under construction: it gets its name in one step, or goes away on disposal.</summary>
internal sealed class TemporaryFile : IDisposable
{
    /// <summary>
    /// What everybody may read and only its owner may change: as inputs of a task, files seem to belong to the task, which
    /// may change them in a layer of its own.
    /// </summary>
    public const UnixFileMode DataMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>As <see cref="DataMode"/>, and everybody may run it.</summary>
    public const UnixFileMode ExecutableMode =
        DataMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    // Below this a file system call to reserve the space costs more than it saves.
    private const long PreallocateFrom = 1 << 20;

    private readonly string _path;
    private bool _moved;

    private TemporaryFile(string path, SafeFileHandle handle)
    {
        _path = path;
        Handle = handle;
    }

    public SafeFileHandle Handle { get; }

    /// <param name="directory">Where it lives until it is moved.</param>
    /// <param name="mode">Its mode from the start; the open handle can be written to all the same.</param>
    /// <param name="expectedBytes">Reserved now where it is worth it, so that a full disk is noticed before the bytes come.</param>
    public static TemporaryFile Create(StoreDirectory directory, UnixFileMode mode, long expectedBytes)
    {
        var path = directory.NewTemporaryPath();
        var file = new TemporaryFile(
            path, File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        try
        {
            if (expectedBytes >= PreallocateFrom)
            {
                NativeFile.Reserve(file.Handle, 0, expectedBytes);
            }

            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file.Handle, mode);
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Gives the file its name, in place of one that has it.</summary>
    public void MoveTo(string path)
    {
        File.Move(_path, path, overwrite: true);
        _moved = true;
    }

    public void Dispose()
    {
        Handle.Dispose();
        if (!_moved)
        {
            File.Delete(_path);
        }
    }
}
