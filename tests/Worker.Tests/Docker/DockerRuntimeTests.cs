using System.Formats.Tar;
using System.Text;
using BuildFarm.TestKit;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Containers.Docker;
using BuildFarm.Worker.Processes;
using BuildFarm.Worker.Removal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.Worker.Tests.Docker;

/// <summary>What a worker says when its daemon will not do, and what it makes of what the kernel says.</summary>
public sealed class DockerRuntimeTests
{
    private const string Confined =
        "Uid:\t1000\t1000\t1000\t1000\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
        + "CapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n";

    [Fact]
    public async Task Select_WithoutADaemon_SaysWhatToDo()
    {
        using var folder = new TempFolder();
        var error = await SelectAsync(folder, new DockerOptions { Socket = folder.File("none.sock"), Image = "x" });
        Assert.StartsWith($"the Docker daemon at {folder.File("none.sock")} cannot be reached: ", error, StringComparison.Ordinal);
        Assert.EndsWith("start the daemon (apt-get install docker.io), name its socket with --docker-socket, or use --isolation oci", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Select_WithoutTheImage_SaysWhatToDo()
    {
        using var folder = new TempFolder();
        var daemon = await SharedDaemon.GetAsync();
        var error = await SelectAsync(folder, new DockerOptions { Socket = daemon.Socket, Image = "nobody/has-this:1" });
        Assert.StartsWith("the Docker daemon does not have the image nobody/has-this:1: docker pull or docker load it", error, StringComparison.Ordinal);
        var pulled = await SelectAsync(folder, new DockerOptions { Socket = daemon.Socket, Image = "nobody/has-this:1", AllowPull = true });
        Assert.Contains("names no digest", pulled, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Select_WithAnImageThatHasNoShell_SaysSo()
    {
        using var folder = new TempFolder();
        var daemon = await SharedDaemon.GetAsync();
        var name = $"buildfarm-empty-{Guid.NewGuid():N}:1";
        Directory.CreateDirectory(folder.File("root/etc"));
        await TarFile.CreateFromDirectoryAsync(folder.File("root"), folder.File("root.tar"), includeBaseDirectory: false);
        await daemon.RunAsync("import", folder.File("root.tar"), name);
        var error = await SelectAsync(folder, new DockerOptions { Socket = daemon.Socket, Image = name });
        Assert.Contains("/bin/sh", error, StringComparison.Ordinal);
        await daemon.RunAsync("rmi", name);
    }

    [Fact]
    public void Audit_OfAConfinedProcess_FindsNothing()
    {
        Assert.Equal(1000u, ContainerAudit.Parse(Confined).UserId);
        Assert.Empty(ContainerAudit.Parse(Confined).Problems());
    }

    [Theory]
    [InlineData("Uid:\t1000", "Uid:\t0", "root of the host")]
    [InlineData("CapBnd:\t0000", "CapBnd:\t0001", "CapBnd 0001")]
    [InlineData("NoNewPrivs:\t1", "NoNewPrivs:\t0", "gain privileges")]
    [InlineData("Seccomp:\t2", "Seccomp:\t0", "not filtered")]
    public void Audit_OfALooseProcess_NamesWhatIsLoose(string held, string loose, string problem) =>
        Assert.Contains(problem, Assert.Single(ContainerAudit.Parse(Confined.Replace(held, loose, StringComparison.Ordinal)).Problems()), StringComparison.Ordinal);

    [Fact]
    public void Script_WithEveryCharacter_IsQuoted()
    {
        var spec = new ContainerSpec(
            "x", "/x", ["it's", "$HOME `x` \\ \"q\" \n end"], [new("odd.name", "a'b")], new FolderMount("/x"), "sub dir",
            new ContainerLimits(1 << 20, 1000, HardCpu: false, 1 << 20), Network: false);
        var script = Encoding.UTF8.GetString(TaskScript.Of(spec));
        Assert.StartsWith("cd '/farm/work/sub dir' && exec env -i -- 'odd.name=a'\\''b' '/bin/sh' '-c' ", script, StringComparison.Ordinal);
        Assert.EndsWith(" 'it'\\''s' '$HOME `x` \\ \"q\" \n end' </dev/null; exit 126\n", script, StringComparison.Ordinal);
        Assert.Throws<ContainerStartException>(() => TaskScript.Of(spec with { Arguments = ["a\0b"] }));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3 << 8, 3)]
    [InlineData(9, 137)]
    [InlineData(6 | 0x80, 134)]
    public void ExitCode_OfAWaitStatus_IsAsShellsHaveIt(int status, int code) => Assert.Equal(code, ProcessOne.CodeOf(status));

    private static async Task<string> SelectAsync(TempFolder folder, DockerOptions docker)
    {
        using var poller = new ReadinessPoller();
        await using var remover = new BackgroundRemover(NullLogger.Instance);
        var options = new DockerRuntimeOptions(
            $"select{Path.GetFileName(folder.Path)}".Replace('.', '-'), folder.File("docker"), folder.File("inputs"), folder.File("tasks"), [], docker, Prepared: 0);
        var error = await Assert.ThrowsAsync<RuntimeUnusableException>(
            () => new RuntimeSelector(poller, remover, NullLogger.Instance).SelectDockerAsync(options, CancellationToken.None));
        Assert.DoesNotContain('\n', error.Message);
        return error.Message;
    }
}
