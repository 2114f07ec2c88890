using System.Diagnostics;
using System.Net.Sockets;
using BuildFarm.Cli.Inputs;
using BuildFarm.Hosting.Local;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Cli.Tests.Inputs;

public sealed class InputScannerTests
{
    [Fact]
    public void Scan_AroundTheFarmsOwnFolders_LeavesThemOut()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("kept"), "");
        using var data = DataDirectory.Open(folder.File("data"), "farm up");
        using var reservation = new LocalFarmSocket(folder.File("run/buildfarm")).Reserve();

        Assert.Equal(["kept", "run"], Scan(folder));
    }

    [Fact]
    public void Scan_TagOfSomebodyElse_IsAFileLikeOthers()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("target"));
        File.WriteAllText(folder.File("target/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n");

        Assert.Equal(["target", "target/CACHEDIR.TAG"], Scan(folder));
    }

    [Fact]
    public async Task Scan_NamedPipe_IsAnErrorThatNamesIt()
    {
        using var folder = new TempFolder();
        await MakePipeAsync(folder.File("pipe"));

        Assert.Contains("pipe is a named pipe, which cannot travel", Assert.Throws<FarmException>(() => Scan(folder)).Message, StringComparison.Ordinal);
        Assert.Throws<FarmException>(() => InputScanner.ScanNamed(folder.Path, "pipe", TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Scan_Socket_IsAnErrorThatNamesIt()
    {
        using var folder = new TempFolder();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder.File("server.sock")));

        Assert.Contains("server.sock is a socket", Assert.Throws<FarmException>(() => Scan(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scan_IgnoredPipe_IsLeftOut()
    {
        using var folder = new TempFolder();
        await MakePipeAsync(folder.File("pipe"));
        File.WriteAllText(folder.File(".farmignore"), "pipe\n");

        Assert.Equal([".farmignore"], Scan(folder));
    }

    [Fact]
    public async Task Scan_NameThatIsNotUtf8_IsAnErrorUnlessIgnored()
    {
        using var folder = new TempFolder();
        await ShellAsync("touch \"$0/$(printf 'bad\\377')\"", folder.Path);

        Assert.Contains("is not UTF-8", Assert.Throws<FarmException>(() => Scan(folder)).Message, StringComparison.Ordinal);

        File.WriteAllText(folder.File(".farmignore"), "bad*\n");
        Assert.Equal([".farmignore"], Scan(folder));

        // .NET cannot remove what it cannot name.
        await ShellAsync("rm \"$0\"/bad*", folder.Path);
    }

    [Fact]
    public void Scan_LinksInACircle_StayLinks()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("a"));
        Directory.CreateSymbolicLink(folder.File("a/up"), "..");
        File.CreateSymbolicLink(folder.File("itself"), "itself");

        Assert.Equal(["a", "a/up", "itself"], Scan(folder));
    }

    private static IEnumerable<string> Scan(TempFolder folder) =>
        InputScanner.Scan(folder.Path, TestContext.Current.CancellationToken).Select(entry => entry.Path);

    private static async Task ShellAsync(string line, string folder)
    {
        using var shell = Process.Start("sh", ["-c", line, folder]);
        await shell.WaitForExitAsync();
    }

    private static async Task MakePipeAsync(string path)
    {
        using var make = Process.Start("mkfifo", [path]);
        await make.WaitForExitAsync();
    }
}
