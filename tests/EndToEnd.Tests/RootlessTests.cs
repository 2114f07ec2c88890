using System.Globalization;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>Farms and workers of users without root, with all that they need and with each of it missing.</summary>
public sealed class RootlessTests
{
    private static readonly string Farm = Path.Combine(AppContext.BaseDirectory, "farm");

    [Fact]
    public async Task Submit_ByAUser_RunsAsNobodyOfTheMachine()
    {
        using var user = await UnprivilegedUser.CreateAsync();
        var held = new Held();
        await using var submit = FarmProcess.Start(user.Command("", [], false, Farm, "submit", "--no-input", "--", "sh", "-c", $"id -u; echo $HOME; sleep {held.Length} & until grep -q ^sleep /proc/$!/cmdline; do :; done; echo started; wait"));
        await submit.OutLineAsync("started");
        var task = $"/proc/{held.Processes().Single()}";
        var owner = Read($"{task}/status").Split('\n').Single(static line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];
        var cgroup = Read($"{task}/cgroup").Split('\n').Single(static line => line.Contains(":memory:", StringComparison.Ordinal));
        var result = await held.LetGoUntilEndAsync(submit);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.StartsWith("1000\n/home/farm\n", result.Out, StringComparison.Ordinal);
        Assert.Equal((user.FirstId + 1000).ToString(CultureInfo.InvariantCulture), owner);
        Assert.Contains($":/{user.Name}/buildfarm-", cgroup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_ByAUser_IsFoundByTheUsersCommandsAndEndsCleanly()
    {
        using var user = await UnprivilegedUser.CreateAsync();
        await using var farm = FarmProcess.Start(user.Command("", [], false, Farm, "up", "--port", "0", "--http-port", "0"));
        await farm.OutLineAsync("ready");

        var submit = await RunAsync(user, "", "submit", "--no-input", "--", "echo", "found");
        var jobs = await RunAsync(user, "", "jobs");
        await farm.SignalAsync("TERM");
        var end = await farm.EndAsync();

        Assert.True(submit is { ExitCode: 0, Out: "found\n" }, submit.ToString());
        Assert.Contains($"{user.Name}@", jobs.Out, StringComparison.Ordinal);
        Assert.True(end.ExitCode == 0, end.ToString());
        Assert.DoesNotContain("farm: ", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_ByAUser_ServesAFarmOfRoot()
    {
        using var user = await UnprivilegedUser.CreateAsync();
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "0");
        var program = Path.Combine(AppContext.BaseDirectory, "BuildFarm.Worker");
        await using var worker = FarmProcess.Start(user.Command("", [], false, program, "--coordinator", bench.Url, "--name", "rootless", "--data", $"{user.Home}/data", "--slots", "1"));
        await worker.ErrorLineAsync("linked to the coordinator");

        bench.Write("in/a", "one");
        var result = await bench.RunAsync("submit", "--output", "made", "--", "sh", "-c", "echo two >> in/a; mkdir made; cp in/a made/b; chmod 0 made");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("onetwo\n", await File.ReadAllTextAsync(Path.Combine(bench.Project, "made/b")));
        await worker.SignalAsync("TERM");
        Assert.Equal(0, (await worker.EndAsync()).ExitCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{user.Home}/data/worker/tasks"));
    }

    [Fact]
    public async Task Worker_WithoutCgroups_SaysSoInOneLineAndExits6()
    {
        using var user = await UnprivilegedUser.CreateAsync(hasCgroups: false);
        var program = Path.Combine(AppContext.BaseDirectory, "BuildFarm.Worker");
        await using var worker = FarmProcess.Start(user.Command("", [], false, program, "--coordinator", "http://127.0.0.1:1", "--data", $"{user.Home}/data"));
        var result = await worker.EndAsync();
        Assert.True(result.ExitCode == 6, result.ToString());
        Assert.Single(result.Error.Split('\n'), line => line.Contains($"no delegated cgroup: user {user.Name} may not make cgroups in /sys/fs/cgroup/memory", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, true, "", "subordinate ids for user {0} in /etc/subuid and /etc/subgid: as root run usermod --add-subuids")]
    [InlineData(true, false, "", "no delegated cgroup: user {0} may not make cgroups in ")]
    [InlineData(true, true, "HIDE newuidmap", "newuidmap and newgidmap are not installed: apt-get install uidmap")]
    [InlineData(true, true, "HIDE nsenter", "unshare and nsenter are not installed: apt-get install util-linux")]
    [InlineData(true, true, "HIDE crun runc", "no container runtime is installed: apt-get install crun")]
    [InlineData(true, true, "NOT SET-UID", "/usr/bin/newuidmap refuses (")]
    [InlineData(true, true, "NO NAMESPACES", "user namespaces are switched off for users (/proc/sys/user/max_user_namespaces is 0): as root run sysctl user.max_user_namespaces=15000")]
    [InlineData(true, true, "NO OVERLAYS", "no overlay can be laid in ")]
    public async Task Submit_WithSomethingMissing_SaysWhatInOneLineAndExits6(bool hasIds, bool hasCgroups, string fault, string line)
    {
        using var user = await UnprivilegedUser.CreateAsync(hasIds, hasCgroups);

        await using var submit = FarmProcess.Start(
            user.Command(ShellOf(fault, user), [], fault == "NO NAMESPACES", Farm, "submit", "--no-input", "--", "true"));
        var result = await submit.EndAsync();

        Assert.True(result.ExitCode == 6, result.ToString());
        var said = Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("farm: The farm cannot start: this worker cannot run tasks: ", said, StringComparison.Ordinal);
        Assert.Contains(string.Format(CultureInfo.InvariantCulture, line, user.Name), said, StringComparison.Ordinal);
        Assert.Contains("--isolation none", said, StringComparison.Ordinal);
        Assert.Equal("", result.Out);
    }

    [Fact]
    public async Task Submit_WithSeveralThingsMissing_NamesAllInOneLine()
    {
        using var user = await UnprivilegedUser.CreateAsync(hasIds: false, hasCgroups: false);
        var result = await RunAsync(user, ShellOf("HIDE newuidmap", user), "submit", "--no-input", "--", "true");
        var said = Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        Assert.All(["apt-get install uidmap", "--add-subuids", "no delegated cgroup"], part => Assert.Contains(part, said, StringComparison.Ordinal));
    }

    /// <summary>What root does, in a mount namespace of the command's own, to take something away.</summary>
    private static string ShellOf(string fault, UnprivilegedUser user) => fault.Split(' ') switch
    {
        ["HIDE", .. var programs] => string.Concat(programs.Select(program => $$"""
            for d in /usr/bin /usr/sbin; do
              h={{user.Home}}/hide$d/{{program}}
              mkdir -p $h/upper $h/work
              mknod $h/upper/{{program}} c 0 0
              mount -t overlay -o lowerdir=$d,upperdir=$h/upper,workdir=$h/work overlay $d
            done

            """)),
        ["NOT", "SET-UID"] => "mount -o bind /usr/bin /usr/bin; mount -o remount,bind,nosuid /usr/bin",
        // The limit of the namespace that the command is in, so that nobody else's are touched.
        ["NO", "NAMESPACES"] => "echo 0 > /proc/sys/user/max_user_namespaces",
        // An overlay's upper layer cannot be on another overlay.
        ["NO", "OVERLAYS"] => $"""
            mkdir -p {user.Home}/o/upper {user.Home}/o/work {user.Home}/.local
            mount -t overlay -o lowerdir={user.Home}/.local,upperdir={user.Home}/o/upper,workdir={user.Home}/o/work overlay {user.Home}/.local
            chown {user.Name} {user.Home}/.local
            """,
        _ => "",
    };

    private static async Task<FarmResult> RunAsync(UnprivilegedUser user, string before, params string[] arguments)
    {
        await using var process = FarmProcess.Start(user.Command(before, [], false, [Farm, .. arguments]));
        return await process.EndAsync();
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
