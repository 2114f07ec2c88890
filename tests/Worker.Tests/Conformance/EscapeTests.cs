using System.Globalization;
using System.Text;
using BuildFarm.BlobStore;
using BuildFarm.Digests.Trees;
using BuildFarm.TestKit;
using BuildFarm.V1;
using BuildFarm.Worker.Tests.Support;
using Xunit;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Worker.Tests.Conformance;

/// <summary>A task that tries to get out of its container: each try is refused, and nothing outside is touched.</summary>
public abstract class EscapeTests<TBench>(TBench bench) : IClassFixture<TBench>
    where TBench : WorkerBench, new()
{
    [Fact]
    [Trait("Fault", "33")]
    public async Task Inputs_WithLinksOut_LeadIntoTheContainerAlone()
    {
        var outside = Path.Combine(bench.Data, "outside");
        await File.WriteAllTextAsync(outside, "untouched");
        var end = await bench.RunAsync(TaskRun.Shell($"cat up; cat abs; echo x > up; echo x > abs; ls -d up-dir/../../.. ; cat {outside}") with
        {
            Inputs = new() { [$"abs->{outside}"] = "", ["up->../../../../../../etc/shadow"] = "", ["up-dir->../../.."] = "" },
        });
        Assert.Equal(Outcome.Failure, end.Completion.Outcome);
        Assert.DoesNotContain("untouched", end.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("root:", end.Output, StringComparison.Ordinal);
        Assert.Equal("untouched", await File.ReadAllTextAsync(outside));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/../../b")]
    [InlineData("/etc")]
    public async Task InputTree_WithANameThatLeadsOut_IsRefusedBeforeItRuns(string name)
    {
        var root = new Build.Bazel.Remote.Execution.V2.Directory();
        root.Files.Add(new Build.Bazel.Remote.Execution.V2.FileNode { Name = name, Digest = (await bench.Store.PutBytesAsync("x"u8.ToArray())).ToProto() });
        var assignment = await bench.PrepareAsync(new TaskRun("true"), await bench.Store.PutMessageAsync(root));
        var completion = await bench.Engine.Executor.ExecuteAsync(assignment, static _ => { }, CancellationToken.None);
        Assert.Equal(Outcome.Failure, completion.Outcome);
        Assert.StartsWith("the action cannot be run: ", completion.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Fault", "33")]
    public async Task Output_SwappedForALinkByAProcessThatLivesOn_IsNeverAFileOfTheHost()
    {
        // What would win a race with a collector that looks first and opens then: a daemon that swaps the output without end.
        const string Script = """
            mkdir o; echo mine > o/passwd
            setsid sh -c 'while :; do rm -rf o; ln -s /etc o; rm -f o; mkdir o; echo mine > o/passwd; done' >/dev/null 2>&1 &
            sleep 0.2; exit 0
            """;
        for (var i = 0; i < 5; i++)
        {
            var end = await bench.RunAsync(TaskRun.Shell(Script) with { Outputs = ["o/passwd", "o"] });
            foreach (var file in end.Completion.Result.OutputFiles)
                Assert.Contains(await bench.TextAsync(file.Digest), new[] { "mine\n", "" });
        }

        Assert.False(await bench.Store.ContainsAsync(Digest.OfBytes(await File.ReadAllBytesAsync("/etc/passwd"))));
    }

    [Fact]
    [Trait("Fault", "35")]
    public async Task Input_WrittenToInEveryWay_IsUnchangedForTheNextTask()
    {
        var inputs = new Dictionary<string, string> { ["f"] = "original\n", ["x*"] = "#!/bin/sh\n" };
        const string Write = """
            import ctypes, mmap, os
            open('f', 'r+').write('CHANGED'); os.chmod('f', 0o777); os.truncate('x', 0)
            fd = os.open('f', os.O_RDWR); m = mmap.mmap(fd, 4, mmap.MAP_SHARED); m[0:4] = b'MMAP'; m.flush()
            os.link('f', 'hard'); open('hard', 'w').write('HARD'); os.setxattr('f', 'user.x', b'1')
            """;
        var writer = await bench.RunAsync(new TaskRun("python3", "-c", Write) { Inputs = inputs });
        Assert.Equal((Outcome.Success, ""), (writer.Completion.Outcome, writer.Error));
        var reader = await bench.RunAsync(TaskRun.Shell("cat f x; stat -c %a f x; ls; getfattr f 2>/dev/null") with { Inputs = inputs });
        Assert.Equal("original\n#!/bin/sh\n644\n755\nf\nx\n", reader.Output);
        Assert.Equal("original\n", Encoding.UTF8.GetString((await bench.Store.ReadAllBytesAsync(Digest.OfBytes("original\n"u8)))!));
    }

    [Fact]
    public async Task SetUid_OnAFileOfItsOwnOrOfTheRoot_GivesNoRights()
    {
        const string Script = """
            cp /bin/id own; chmod u+s,g+s own; ./own -u
            for p in /bin/su /usr/bin/passwd /usr/bin/chfn; do [ -e $p ] && findmnt -no OPTIONS -T $p; done | sort -u | grep -c nosuid
            python3 -c 'import os; os.setuid(0)' 2>&1 | tail -n 1
            """;
        var end = await bench.ShellAsync(Script);
        var lines = end.Output.Split('\n');
        Assert.Equal("1000", lines[0]);
        Assert.NotEqual("0", lines[1]);
        Assert.Equal("PermissionError: [Errno 1] Operation not permitted", lines[2]);
    }

    [Fact]
    public async Task Mount_ByProgramOrByCall_IsRefused()
    {
        var end = await bench.ShellAsync("mkdir m; mount -t tmpfs none m; mount --bind / m; umount /proc; mount -o remount,rw /; ls m | wc -l");
        Assert.Equal("0\n", end.Output);
        Assert.DoesNotContain("mounted", end.Output, StringComparison.Ordinal);
        Assert.True(end.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length >= 4, end.Error);
    }

    [Fact]
    public async Task Neighbour_ByPtraceSignalOrMemory_CannotBeReached()
    {
        var neighbour = await bench.PrepareAsync(TaskRun.Shell("echo secret-of-the-neighbour; while :; do sleep 1; done"));
        using var stop = new CancellationTokenSource();
        var running = bench.Engine.Executor.ExecuteAsync(neighbour, static _ => { }, stop.Token);
        Assert.NotEqual(0, await bench.Stores.Logs.ReadAsync(neighbour.StdoutStreamName, 0, new byte[64], TestContext.Current.CancellationToken));
        var target = HostProcesses.WithCommand("secret-of-the-neighbour").First();
        const string Attack = """
            import ctypes, os, sys
            libc = ctypes.CDLL(None, use_errno=True); hit = []
            for pid in range(1, 4194304 if len(sys.argv) > 2 else 70000):
                if pid == os.getpid() or pid == os.getppid() or pid == 1: continue
                try: os.kill(pid, 9); hit.append(pid)
                except ProcessLookupError: pass
                except PermissionError: hit.append(pid)
            print(hit)
            target = int(sys.argv[1])
            print(libc.ptrace(16, target, 0, 0), ctypes.get_errno(), os.path.exists(f'/proc/{target}'))
            """;
        var end = await bench.RunAsync(new TaskRun("python3", "-c", Attack, target.ToString(CultureInfo.InvariantCulture)));
        Assert.Equal("[]\n-1 3 False\n", end.Output);
        Assert.False(running.IsCompleted);
        await stop.CancelAsync();
        Assert.Equal(Outcome.Cancelled, (await running).Outcome);
    }

    [Fact]
    public async Task KernelFiles_WrittenTo_AreReadOnlyOrRefused()
    {
        const string Script = """
            for f in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/sys/kernel/hostname /proc/sysrq-trigger \
                /proc/self/uid_map /sys/power/state /sys/kernel/mm/transparent_hugepage/enabled /sys/fs/cgroup/memory/memory.limit_in_bytes \
                /sys/fs/cgroup/cgroup.procs /proc/irq/default_smp_affinity; do
              [ -e $f ] || continue
              old=$(cat $f 2>/dev/null); echo 0 2>/dev/null > $f && [ "$(cat $f 2>/dev/null)" != "$old" ] && echo "wrote $f"
            done
            cat /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug 2>/dev/null | head -c 1 | wc -c
            """;
        var end = await bench.ShellAsync(Script);
        Assert.Equal("0\n", end.Output);
    }

    [Fact]
    public async Task Worker_ItsEnvironmentFilesAndOtherHomes_AreNotThere()
    {
        Environment.SetEnvironmentVariable("BUILDFARM_ESCAPE_TEST", "of-the-worker");
        var other = await bench.PrepareAsync(TaskRun.Shell("echo of-another > ~/mine; echo ready; while :; do sleep 0.05; done"));
        using var stop = new CancellationTokenSource();
        var running = bench.Engine.Executor.ExecuteAsync(other, static _ => { }, stop.Token);
        Assert.NotEqual(0, await bench.Stores.Logs.ReadAsync(other.StdoutStreamName, 0, new byte[64], TestContext.Current.CancellationToken));
        var end = await bench.ShellAsync("cat /proc/*/environ | tr '\\0' '\\n'; ls -A ~ /home /root /tmp /mnt; find / -xdev -name mine 2>/dev/null; cat /proc/self/mountinfo");
        Assert.DoesNotContain("of-the-worker", end.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("DOTNET", end.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("mine", end.Output, StringComparison.Ordinal);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Network_Out_IsUnreachable()
    {
        const string Script = """
            import socket
            for address in (('1.1.1.1', 53), ('169.254.169.254', 80), ('10.0.0.1', 22)):
                try: socket.create_connection(address, 60); print('connected')
                except OSError as e: print(e.strerror)
            print([name for _, name in socket.if_nameindex() if name != 'lo' and not name.startswith(('sit', 'tunl', 'ip6', 'gre', 'erspan'))])
            """;
        var end = await bench.RunAsync(new TaskRun("python3", "-c", Script));
        Assert.Equal(string.Concat(Enumerable.Repeat("Network is unreachable\n", 3)) + "[]\n", end.Output);
    }

    [Fact]
    public async Task ProcessOne_KilledByItsTask_GoesOn()
    {
        // The kernel lets nobody inside kill the first process of a container.
        var calm = await bench.ShellAsync("kill -9 1; kill -TERM 1; kill -HUP 1; echo alive");
        Assert.Equal(("", "alive\n"), (calm.Completion.Message, calm.Output));
    }

    [Fact]
    [Trait("Fault", "29")]
    public async Task Grandchildren_ThatBecameDaemons_EndWithTheTask()
    {
        var marker = HostProcesses.Marker();
        const string Daemon = """
            import os, sys
            for _ in range(3):
                if os.fork(): os._exit(0) if _ else None
                else: os.setsid()
            os.execvp('sleep', ['sleep', sys.argv[1]])
            """;
        var end = await bench.RunAsync(new TaskRun("sh", "-c", $"python3 -c \"$1\" {marker} & python3 -c \"$1\" {marker} & sleep 0.3; echo done", "sh", Daemon) { });
        Assert.Equal("done\n", end.Output);
        Assert.Empty(HostProcesses.WithCommand($"sleep\0{marker}\0"));
    }

    [Fact]
    public async Task HostFiles_ByAHandleOfAnotherFolder_CannotBeOpened()
    {
        // The worker's descriptors are its own: a task begins with three.
        var end = await bench.ShellAsync("ls /proc/self/fd | wc -l; ls -l /proc/1/fd 2>/dev/null | grep -c bundles");
        Assert.Equal("4\n0\n", end.Output);
    }
}
