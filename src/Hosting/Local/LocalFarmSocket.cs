using System.Net.Sockets;
using System.Text;

namespace BuildFarm.Hosting.Local;

/// <summary>
/// The unix socket by which a user's commands find the user's own farm (design decision 15). It lies in a directory that
/// only the user can enter, and both sides check that: whoever holds a port could pretend to be the farm, whoever holds
/// this directory is the user.
/// </summary>
public sealed class LocalFarmSocket
{
    // sun_path of sockaddr_un, less its terminating zero.
    private const int LongestPath = 107;

    /// <summary>The socket in <paramref name="directory"/>.</summary>
    public LocalFarmSocket(string directory)
    {
        Directory = System.IO.Path.GetFullPath(directory);
        Path = System.IO.Path.Combine(Directory, "farm.sock");
    }

    /// <summary>The directory that must be the user's alone.</summary>
    public string Directory { get; }

    /// <summary>Absolute path of the socket.</summary>
    public string Path { get; }

    /// <summary>The socket as a channel address, <c>unix:///path</c>.</summary>
    public Uri Address => new("unix://" + Path);

    /// <summary>
    /// Where this user's farm is: <c>$XDG_RUNTIME_DIR/buildfarm</c>, else <c>/run/user/UID/buildfarm</c> where that exists,
    /// else <c>/tmp/buildfarm-UID</c>.
    /// </summary>
    public static LocalFarmSocket OfCurrentUser()
    {
        var runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        var uid = HostUser.Id;
        if (string.IsNullOrEmpty(runtime) || !System.IO.Path.IsPathRooted(runtime))
        {
            runtime = $"/run/user/{uid}";
        }

        return System.IO.Directory.Exists(runtime)
            ? new LocalFarmSocket(System.IO.Path.Combine(runtime, "buildfarm"))
            : new LocalFarmSocket($"/tmp/buildfarm-{uid}");
    }

    /// <summary>True when a farm of this user listens.</summary>
    /// <exception cref="LocalFarmSocketException">The directory exists and is not this user's alone.</exception>
    public bool IsListening()
    {
        if (!System.IO.Directory.Exists(Directory))
        {
            return false;
        }

        CheckDirectory();
        return Answers();
    }

    /// <summary>
    /// Makes the path free for this process to listen on, and keeps it until the reservation is disposed. A socket that
    /// nobody listens on is a leftover and is removed.
    /// </summary>
    /// <exception cref="LocalFarmSocketException">Another farm listens, or the directory is not this user's alone.</exception>
    public LocalFarmSocketReservation Reserve()
    {
        if (Encoding.UTF8.GetByteCount(Path) > LongestPath)
        {
            throw new LocalFarmSocketException($"socket path {Path} is longer than {LongestPath} bytes; set XDG_RUNTIME_DIR to a shorter directory");
        }

        if (!System.IO.Directory.Exists(Directory))
        {
            OwnerOnlyDirectory.Create(Directory);
        }

        CheckDirectory();
        FarmFolderTag.Put(Directory);
        var locked = Lock();
        if (Answers())
        {
            locked.Dispose();
            throw InUse(inner: null);
        }

        File.Delete(Path);
        return new LocalFarmSocketReservation(this, locked);
    }

    private void CheckDirectory()
    {
        if (OwnerOnlyDirectory.FindFault(Directory) is { } fault)
        {
            throw new LocalFarmSocketException($"{Directory} {fault}; refusing the farm's socket in it: remove the directory or set XDG_RUNTIME_DIR");
        }
    }

    // Two farms that start at once must not both find the leftover of a third and remove each other's socket.
    private FileStream Lock()
    {
        try
        {
            return new FileStream(Path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw InUse(e);
        }
    }

    private LocalFarmSocketException InUse(Exception? inner) =>
        new($"a farm of yours already listens on {Path}; use it, or stop it first", inner);

    private bool Answers()
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(Path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
