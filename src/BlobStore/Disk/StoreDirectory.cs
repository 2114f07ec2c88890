namespace BuildFarm.BlobStore.Disk;

/// <summary>
/// The folder that the disk stores of one process share, locked for this process. The lock is the kernel's (it dies with the process), so
/// a crash leaves nothing to clean up but the temporary files, which the next start removes.
/// </summary>
public sealed class StoreDirectory : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream _lock;
    private readonly string _temporary;
    private long _temporaryFiles;

    private StoreDirectory(string root, FileStream @lock)
    {
        Root = root;
        _lock = @lock;
        _temporary = Path.Combine(root, "tmp");
        if (Directory.Exists(_temporary))
        {
            Directory.Delete(_temporary, recursive: true);
        }

        Directory.CreateDirectory(_temporary);
    }

    /// <summary>Absolute path.</summary>
    public string Root { get; }

    /// <summary>Makes the folder where it is missing (mode 0700) and locks it.</summary>
    /// <exception cref="IOException">Another process holds it.</exception>
    public static StoreDirectory Open(string path)
    {
        var root = Path.GetFullPath(path);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(root);
        }
        else
        {
            Directory.CreateDirectory(root, Private);
        }

        FileStream @lock;
        try
        {
            @lock = new FileStream(Path.Combine(root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (!NativeFile.IsDiskFull(e))
        {
            throw new IOException(
                $"The store directory {root} is in use by another process. Stop that one, or choose another directory.", e);
        }

        return new StoreDirectory(root, @lock);
    }

    /// <summary>Makes and names a folder below the root.</summary>
    internal string Folder(string name)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>A path that nobody else uses, in the file system of the stores.</summary>
    internal string NewTemporaryPath() => Path.Combine(_temporary, Interlocked.Increment(ref _temporaryFiles).ToString("x"));

    /// <inheritdoc />
    public void Dispose() => _lock.Dispose();
}
