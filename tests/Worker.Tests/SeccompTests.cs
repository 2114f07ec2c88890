using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using BuildFarm.TestKit;
using BuildFarm.V1;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Containers.Oci;
using BuildFarm.Worker.Containers.Seccomp;
using BuildFarm.Worker.Processes;
using BuildFarm.Worker.Roots;
using BuildFarm.Worker.Removal;
using BuildFarm.Worker.Rootless;
using BuildFarm.Worker.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>Which system calls a task may make, by its profile.</summary>
public sealed class SeccompTests(SeccompTests.PermissiveBench bench) : IClassFixture<SeccompTests.PermissiveBench>
{
    private static readonly string Call = $$"""
        import ctypes, errno, os, sys
        libc = ctypes.CDLL(None, use_errno=True)
        def call(*arguments):
            ctypes.set_errno(0)
            result = libc.syscall(*arguments)
            return errno.errorcode[ctypes.get_errno()] if result < 0 else 'done'

        """;

    public static TheoryData<string, int, int> Forbidden => new()
    {
        { "keyctl", 250, 219 }, { "add_key", 248, 217 }, { "bpf", 321, 280 }, { "perf_event_open", 298, 241 }, { "userfaultfd", 323, 282 },
        { "io_uring_setup", 425, 425 }, { "unshare", 272, 97 }, { "setns", 308, 268 }, { "mount", 165, 40 }, { "fsopen", 430, 430 },
        { "open_tree", 428, 428 }, { "pivot_root", 155, 41 }, { "kexec_load", 246, 104 }, { "init_module", 175, 105 }, { "reboot", 169, 142 },
        { "open_by_handle_at", 304, 265 }, { "clock_settime", 227, 112 },
    };

    [Fact]
    public async Task ForbiddenCalls_ByDefault_AreNotPermitted()
    {
        await Requirements.AptAsync("python3", "python3 --version");
        var arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        // unshare of nothing and keyctl of the session keyring succeed where no filter is.
        var lines = string.Concat(Forbidden.Select(row => $"print('{row.Data.Item1}', call({(arm ? row.Data.Item3 : row.Data.Item2)}, 0, 0, 0, 0, 0))\n"));
        var end = await bench.RunAsync(new TaskRun("python3", "-c", Call + lines));
        Assert.Equal("", end.Error);
        Assert.Equal(Forbidden.Select(static row => $"{row.Data.Item1} EPERM"), end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Clone_WithNamespaces_IsNotPermittedAndThreadsAre()
    {
        var arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        var script = Call + $"""
            print(call({(arm ? 220 : 56)}, 0x10000000 | 17, 0, 0, 0, 0), call(435, 0, 0), call(9999))
            import threading, subprocess
            t = threading.Thread(target=lambda: print('thread')); t.start(); t.join()
            print(subprocess.run(['echo', 'child'], capture_output=True, text=True).stdout.strip())
            """;
        var end = await bench.RunAsync(new TaskRun("python3", "-c", script));
        Assert.Equal(("EPERM ENOSYS ENOSYS\nthread\nchild\n", ""), (end.Output, end.Error));
    }

    [Fact]
    public async Task Sockets_ByDefault_AreOfTheUsualFamilies()
    {
        const string Script = """
            import socket
            for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 16, 17, 38, 40):
                try:
                    socket.socket(family, socket.SOCK_RAW if family in (16, 17) else socket.SOCK_STREAM); print(int(family), 'made')
                except OSError as e: print(int(family), e.strerror)
            """;
        var end = await bench.RunAsync(new TaskRun("python3", "-c", Script));
        Assert.Equal(
            "1 made\n2 made\n10 made\n16 made\n17 Operation not permitted\n38 Operation not permitted\n40 Operation not permitted\n", end.Output);
    }

    [Fact]
    public async Task Networked_CannotReachAbstractSocketsOfTheHost()
    {
        using var listener = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        var name = $"buildfarm-seccomp-{Environment.ProcessId}";
        listener.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint($"\0{name}"));
        listener.Listen();
        var script = $"import socket; socket.socketpair(); socket.socket(socket.AF_INET); print('inet'); socket.socket(socket.AF_UNIX).connect('\\0{name}')";
        var end = await bench.RunAsync(new TaskRun("python3", "-c", script) { Platform = { ["network"] = "allowed" } });
        Assert.Equal("inet\n", end.Output);
        Assert.Contains("PermissionError", end.Error, StringComparison.Ordinal);
        Assert.False(listener.Poll(0, System.Net.Sockets.SelectMode.SelectRead));
    }

    [Fact]
    public async Task NestedUserNamespace_InItsProfile_GivesAPrivatePlaceAtTheSamePath()
    {
        const string Script = "unshare --user --map-root-user --mount sh -c 'mount -t tmpfs none ~ && echo in > ~/f && cat ~/f' && ls ~";
        var nested = await bench.RunAsync(TaskRun.Shell(Script) with { Platform = new() { ["nested-userns"] = "allowed" } });
        Assert.Equal((Outcome.Success, "in\n", ""), (nested.Completion.Outcome, nested.Output, nested.Error));
        var refused = await bench.ShellAsync(Script);
        Assert.Equal(Outcome.Failure, refused.Completion.Outcome);
        Assert.Contains("Operation not permitted", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NestedUserNamespace_WhereTheOperatorDoesNotAllowIt_IsRefused()
    {
        await using var strict = new WorkerBench();
        await strict.InitializeAsync();
        var end = await strict.RunAsync(TaskRun.Shell("unshare --user true") with { Platform = new() { ["nested-userns"] = "allowed" } });
        Assert.Equal(Outcome.Failure, end.Completion.Outcome);
        Assert.Contains("Operation not permitted", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Debugger_OnItsOwnChild_Works()
    {
        // ptrace reaches what is in the container and nothing else, so it is no way out, and debuggers are tools of tests.
        const string Script = """
            import ctypes, os, signal
            child = os.fork()
            if child == 0: signal.pause()
            libc = ctypes.CDLL(None, use_errno=True)
            print(libc.ptrace(16, child, 0, 0)); os.waitpid(child, 0); os.kill(child, 9)
            """;
        var end = await bench.RunAsync(new TaskRun("python3", "-c", Script));
        Assert.Equal(("0\n", ""), (end.Output, end.Error));
    }

    [Fact]
    [Trait("Needs", "Root")]
    public async Task Profile_AsJson_FiltersUnderRuncToo()
    {
        await Requirements.AptAsync("runc", "runc --version");
        using var folder = new TempFolder();
        using var poller = new ReadinessPoller();
        await using var remover = new BackgroundRemover(NullLogger.Instance);
        var options = new OciRuntimeOptions($"seccomp{Environment.ProcessId}", folder.File("oci"), folder.File("inputs"), folder.File("tasks"), new HostRoot([], "test"), HostIds.Own());
        var runc = OciProgram.Find(ContainerPaths.SearchPath).Single(static program => program.Name == "runc");
        await using var runtime = await new RuntimeSelector(poller, remover, NullLogger.Instance).SelectOciAsync([runc], options, CancellationToken.None);
        foreach (var (profile, exitCode) in new[] { (SeccompProfile.Default, 1), (SeccompProfile.NestedUserNamespaces, 0) })
        {
            var work = Directory.CreateDirectory(folder.File($"tasks/{exitCode}/work")).FullName;
            var spec = new ContainerSpec(
                $"s{exitCode}", Path.GetDirectoryName(work)!, ["unshare", "--user", "true"], [new("PATH", ContainerPaths.SearchPath)], new FolderMount(work), "",
                new ContainerLimits(256 << 20, 1000, HardCpu: false, 64 << 20), Network: false) { Profile = profile };
            await using var container = await runtime.StartAsync(spec, CancellationToken.None);
            Assert.Equal(exitCode, (await container.WaitAsync(CancellationToken.None)).ExitCode);
        }
    }

    [Fact]
    public void Json_OfEveryProfile_IsForThisArchitectureAlone()
    {
        foreach (var profile in new[] { SeccompProfile.Default, SeccompProfile.NestedUserNamespaces, SeccompProfile.Networked })
        {
            var buffer = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(buffer))
                SeccompJson.Write(json, profile);
            using var document = JsonDocument.Parse(buffer.WrittenMemory);
            Assert.Equal(1, document.RootElement.GetProperty("architectures").GetArrayLength());
            var names = document.RootElement.GetProperty("syscalls").EnumerateArray().SelectMany(static rule => rule.GetProperty("names").EnumerateArray()).Select(static name => name.GetString());
            Assert.Equal(!profile.AllowsNamespaces, names.Contains("unshare"));
        }
    }

    /// <summary>A worker whose operator allows everything that can be asked for.</summary>
    public sealed class PermissiveBench : WorkerBench
    {
        public PermissiveBench() => AllowNetwork = true;

        internal override void Configure(WorkerOptions options) => options.AllowNestedUserNamespaces = true;
    }
}
