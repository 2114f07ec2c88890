namespace BuildFarm.Hosting.Local;

/// <summary>
/// The folder that holds a farm's state, readable by its owner only and used by one process at a time. The lock is the
/// kernel's and goes with the process, however it ends.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    // EWOULDBLOCK: somebody else holds the lock. .NET passes the number on as the exception's result.
    private const int WouldBlock = 11;

    private readonly FileStream _locked;

    private DataDirectory(string path, FileStream locked) => (Path, _locked) = (path, locked);

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>The user's own data directory for the farm: <c>$XDG_DATA_HOME/buildfarm</c>, else <c>~/.local/share/buildfarm</c>.</summary>
    public static string DefaultPath()
    {
        var data = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
        return string.IsNullOrEmpty(data) || !System.IO.Path.IsPathRooted(data)
            ? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share", "buildfarm")
            : System.IO.Path.Combine(data, "buildfarm");
    }

    /// <summary>Creates the directory (mode 0700) when it is missing, and takes it for this process.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="holder">What others are told about who holds it, e.g. <c>farm up</c>.</param>
    /// <exception cref="DataDirectoryInUseException">Another process holds it.</exception>
    /// <exception cref="IOException">It cannot be created or written to, or is no directory; the message says what to do.</exception>
    public static DataDirectory Open(string path, string holder)
    {
        path = System.IO.Path.GetFullPath(path);
        if (File.Exists(path))
        {
            throw new IOException($"data directory {path} is a file; name a folder, or a path that does not exist yet");
        }

        FileStream? held = null;
        try
        {
            if (!Directory.Exists(path))
            {
                OwnerOnlyDirectory.Create(path);
            }

            held = Lock(path);
            File.WriteAllText(HolderFile(path), $"{holder} (pid {Environment.ProcessId})");
            FarmFolderTag.Put(path);
            return new DataDirectory(path, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw new IOException($"data directory {path} cannot be used: {e.Message.TrimEnd('.')}; make it writable, free some space, or choose another", e);
        }
    }

    /// <summary>A folder inside, created when missing.</summary>
    public string Folder(string name) =>
        OwnerOnlyDirectory.Create(System.IO.Path.Combine(Path, name)).FullName;

    /// <summary>Lets the next process in.</summary>
    public void Dispose()
    {
        File.Delete(HolderFile(Path));
        _locked.Dispose();
    }

    private static FileStream Lock(string path)
    {
        var file = System.IO.Path.Combine(path, "lock");
        try
        {
            return new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            throw new DataDirectoryInUseException(
                $"data directory {path} is in use by {HolderOf(path)}; stop that process or choose another directory", e);
        }
    }

    // A file of its own: while the lock is held nobody else can open the locked one.
    private static string HolderFile(string path) => System.IO.Path.Combine(path, "holder");

    private static string HolderOf(string path)
    {
        try
        {
            return File.ReadAllText(HolderFile(path));
        }
        catch (IOException)
        {
            return "another process";
        }
    }
}
