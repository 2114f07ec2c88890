using System.Net.Sockets;
using BuildFarm.Hosting.Local;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Hosting;

public sealed class LocalTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Fact]
    public void DataDirectory_InUse_NamesItsHolder()
    {
        using var folder = new TempFolder();
        var path = folder.File("data");
        using (DataDirectory.Open(path, "farm up"))
        {
            var refused = Assert.Throws<DataDirectoryInUseException>(() => DataDirectory.Open(path, "farm demo"));

            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
            Assert.Contains($"farm up (pid {Environment.ProcessId})", refused.Message, StringComparison.Ordinal);
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
        }

        DataDirectory.Open(path, "farm demo").Dispose();
    }

    [Fact]
    public void OwnerOnlyDirectory_WithMissingOnesAboveIt_OpensNone()
    {
        using var folder = new TempFolder();

        OwnerOnlyDirectory.Create(folder.File("a/b/c"));

        Assert.All(["a", "a/b", "a/b/c"], made => Assert.Null(OwnerOnlyDirectory.FindFault(folder.File(made))));
    }

    [Fact]
    public void DataDirectory_ThatIsAFile_SaysSo()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("data"), "");

        var refused = Assert.Throws<IOException>(() => DataDirectory.Open(folder.File("data"), "farm up"));

        Assert.Contains("is a file; name a folder", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DataDirectory_BelowAFile_SaysWhatToDo()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("file"), "");

        var refused = Assert.Throws<IOException>(() => DataDirectory.Open(folder.File("file/data"), "farm up"));

        Assert.Contains("or choose another", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FoldersOfTheFarm_AreTagged()
    {
        using var folder = new TempFolder();
        using var data = DataDirectory.Open(folder.File("data"), "farm up");
        using var reservation = new LocalFarmSocket(folder.File("run")).Reserve();
        Directory.CreateDirectory(folder.File("other"));
        File.WriteAllText(folder.File("other/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n# Somebody else's.\n");

        Assert.True(FarmFolderTag.IsOn(data.Path));
        Assert.True(FarmFolderTag.IsOn(reservation.Socket.Directory));
        Assert.False(FarmFolderTag.IsOn(folder.File("other")));
        Assert.False(FarmFolderTag.IsOn(folder.Path));
    }

    [Fact]
    public void Socket_Reserved_IsOursAloneUntilDisposed()
    {
        using var folder = new TempFolder();
        var socket = new LocalFarmSocket(folder.File("run"));
        Assert.False(socket.IsListening());
        using (var reservation = socket.Reserve())
        {
            using var listener = Listen(socket);
            Assert.True(socket.IsListening());
            Assert.Throws<LocalFarmSocketException>(() => new LocalFarmSocket(socket.Directory).Reserve());
        }

        Assert.False(socket.IsListening());
        socket.Reserve().Dispose();
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(socket.Directory));
    }

    [Fact]
    public void Socket_LeftOver_IsReplaced()
    {
        using var folder = new TempFolder();
        var socket = new LocalFarmSocket(folder.File("run"));
        Directory.CreateDirectory(socket.Directory, OwnerOnly);
        File.WriteAllText(socket.Path, "");

        using var reservation = socket.Reserve();

        Assert.False(File.Exists(socket.Path));
    }

    [Fact]
    public void Socket_InADirectoryOpenToOthers_IsRefused()
    {
        using var folder = new TempFolder();
        var socket = new LocalFarmSocket(folder.File("run"));
        Directory.CreateDirectory(socket.Directory, OwnerOnly | UnixFileMode.GroupRead);

        Assert.Contains("open to other users", Assert.Throws<LocalFarmSocketException>(() => socket.Reserve()).Message, StringComparison.Ordinal);
        Assert.Throws<LocalFarmSocketException>(() => socket.IsListening());
    }

    [Fact]
    public void Socket_InADirectoryThatIsALink_IsRefused()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("real"), OwnerOnly);
        Directory.CreateSymbolicLink(folder.File("run"), folder.File("real"));

        Assert.Throws<LocalFarmSocketException>(() => new LocalFarmSocket(folder.File("run")).Reserve());
    }

    [Fact]
    public void Socket_OfTooLongAPath_SaysSo()
    {
        using var folder = new TempFolder();

        var refused = Assert.Throws<LocalFarmSocketException>(() => new LocalFarmSocket(folder.File(new string('x', 120))).Reserve());

        Assert.Contains("XDG_RUNTIME_DIR", refused.Message, StringComparison.Ordinal);
    }

    private static Socket Listen(LocalFarmSocket socket)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket.Path));
        listener.Listen();
        return listener;
    }
}
