using System.Net;
using System.Net.Sockets;
using BuildFarm.V1;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests.Conformance;

/// <summary>What a task in a container cannot reach.</summary>
public abstract class IsolationTests<TBench>(TBench bench) : IClassFixture<TBench>
    where TBench : WorkerBench, new()
{
    [Fact]
    public async Task Homes_TwoTasksAtOnce_NeverSeeEachOther()
    {
        // The race that the farm exists for: both find no directory, both make it.
        var script = "test ! -e ~/.sage && mkdir ~/.sage && echo $$ > ~/.sage/x && sleep 0.3 && ls ~/.sage | wc -l && cat ~/.sage/x | wc -l";
        var ends = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => bench.ShellAsync(script)));
        Assert.All(ends, end => Assert.Equal((Outcome.Success, "1\n1\n"), (end.Completion.Outcome, end.Output)));
    }

    [Fact]
    public async Task FarmData_FromATask_IsNotThere()
    {
        var secret = Path.Combine(bench.Data, "secret");
        await File.WriteAllTextAsync(secret, "x");
        File.SetUnixFileMode(secret, (UnixFileMode)0x1FF);
        var end = await bench.ShellAsync($"cat {secret}; ls {bench.Data}; ls /root /home /mnt /var/tmp /tmp; find / -xdev -name secret 2>/dev/null");
        Assert.DoesNotContain("secret\n", end.Output, StringComparison.Ordinal);
        Assert.Contains("No such file", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "Root")]
    public async Task UnixSocket_OfTheHost_CannotBeReached()
    {
        await TestKit.Requirements.AptAsync("python3", "python3 --version");
        // World-writable and in a place that containers show: only the cover over it keeps the task out.
        var path = $"/opt/buildfarm-test-{Environment.ProcessId}-{typeof(TBench).Name}.sock";
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        try
        {
            listener.Listen();
            File.SetUnixFileMode(path, (UnixFileMode)0x1FF);
            await using var fresh = new TBench();
            await fresh.InitializeAsync();
            var end = await fresh.RunAsync(new TaskRun("python3", "-c", $"import socket; socket.socket(socket.AF_UNIX).connect('{path}')"));
            Assert.Equal(Outcome.Failure, end.Completion.Outcome);
            Assert.Matches("PermissionError|ConnectionRefusedError|FileNotFoundError", end.Error);
            Assert.False(listener.Poll(0, SelectMode.SelectRead));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task AbstractSocket_OfTheHost_CannotBeReached()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint($"\0buildfarm-test-{Environment.ProcessId}-{typeof(TBench).Name}"));
        listener.Listen();
        var end = await bench.RunAsync(
            new TaskRun("python3", "-c", $"import socket; socket.socket(socket.AF_UNIX).connect('\\0buildfarm-test-{Environment.ProcessId}-{typeof(TBench).Name}')"));
        Assert.Contains("ConnectionRefusedError", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loopback_OfTheHost_CannotBeReached()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var end = await bench.RunAsync(new TaskRun("python3", "-c", $"import socket; socket.create_connection(('127.0.0.1', {port}), 60)"));
        Assert.Contains("ConnectionRefusedError", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loopback_OfItsOwn_Works()
    {
        var end = await bench.RunAsync(new TaskRun(
            "python3", "-c", "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname()); print('ok')"));
        Assert.Equal("ok\n", end.Output);
    }

    [Fact]
    public async Task Root_ForATask_IsReadOnly()
    {
        var end = await bench.ShellAsync("for d in / /usr /etc /opt /var/lib /home /farm /run; do touch $d/x 2>/dev/null && echo wrote $d; done; touch ~/x /tmp/x /var/tmp/x x /dev/shm/x && echo own");
        Assert.Equal("own\n", end.Output);
    }

    [Fact]
    public async Task User_InATask_IsNobodyOfTheHost()
    {
        var end = await bench.ShellAsync("id -u; id -un; cat /proc/self/uid_map; grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status | tr -d '\\t'; hostname; ulimit -c; ulimit -n");
        var lines = end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("1000", lines[0]);
        Assert.Equal("farm", lines[1]);
        var isMapped = string.Join(' ', lines[2].Split(' ', StringSplitOptions.RemoveEmptyEntries)) != "0 0 4294967295";
        Assert.Equal(bench.HasUserNamespaces, isMapped);
        var openFiles = Containers.OpenFileLimit.Available.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(["CapEff:0000000000000000", "CapBnd:0000000000000000", "NoNewPrivs:1", "farm", "0", openFiles], lines[3..]);
    }

    [Fact]
    public async Task Environment_OfATask_IsScrubbed()
    {
        Environment.SetEnvironmentVariable("BUILDFARM_TEST_LEAK", "leak");
        var end = await bench.RunAsync(new TaskRun("env") { Environment = { ["MINE"] = "yes" }, MemoryBytes = 128 << 20 });
        var lines = end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "FARM_CPUS=1", "FARM_MEMORY=134217728", "HOME=/home/farm", "LANG=C.UTF-8", "LOGNAME=farm", "MAKEFLAGS=-j1", "MINE=yes",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PWD=/farm/work", "TMPDIR=/tmp", "USER=farm",
                "XDG_CACHE_HOME=/home/farm/.cache", "XDG_CONFIG_HOME=/home/farm/.config", "XDG_DATA_HOME=/home/farm/.local/share",
                "XDG_RUNTIME_DIR=/run/user/1000", "XDG_STATE_HOME=/home/farm/.local/state",
            ],
            lines);
    }

    [Fact]
    public async Task Processes_OfOthers_AreInvisible()
    {
        var end = await bench.ShellAsync("ls /proc | grep -c '^[0-9]'; cat /proc/sys/kernel/hostname; echo x > /proc/sys/kernel/hostname");
        Assert.True(int.Parse(end.Output.Split('\n')[0], System.Globalization.CultureInfo.InvariantCulture) < 10);
        Assert.Equal(Outcome.Failure, end.Completion.Outcome);
    }
}
