using BuildFarm.TestKit;
using BuildFarm.V1;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests.Docker;

/// <summary>The Docker daemon ends while tasks run under it, and comes back.</summary>
[Trait("Tier", "Full")]
public sealed class DaemonLossTests
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(180);

    [Theory]
    [InlineData("KILL", true)]
    [InlineData("KILL", false)]
    [InlineData("TERM", false)]
    public async Task Daemon_EndedWhileTasksRun_TheyAreLostAndTheWorkerHeals(string signal, bool silent)
    {
        await using var bench = new AloneBench();
        await bench.InitializeAsync();
        var mounts = Mounts(bench);
        var said = new Said(bench.Engine.Runtime);
        var marker = $"7{Environment.ProcessId}{(silent ? 1 : 0)}{signal.Length}";
        // One that ends well when it is asked to must not count either; one that writes on must not be waited for.
        var quiet = await StartAsync(bench, said, $"trap 'exit 0' TERM; echo started; while :; do sleep {marker} & wait $!; done");
        var loud = await StartAsync(bench, said, silent ? $"echo started; exec sleep {marker}" : "while echo started; do sleep 0.02; done");

        await bench.Daemon.EndAsync(signal);
        foreach (var attempt in new[] { quiet, loud })
        {
            var (end, word) = await attempt.WaitAsync(Guard, TestContext.Current.CancellationToken);
            Assert.Equal(Outcome.Infrastructure, end.Outcome);
            // One that is told to stop ends its containers first, and the worker may hear of either end before the other.
            string[] expected =
            [
                $"the Docker daemon at {bench.Daemon.Socket} went away while the task ran, ",
                .. signal == "TERM" ? [$"the container was ended by signal 9 from outside: the Docker daemon at {bench.Daemon.Socket} stops, "] : Array.Empty<string>(),
            ];
            Assert.True(expected.Any(start => end.Message.StartsWith(start, StringComparison.Ordinal)), end.Message);
            // Whoever reports it has said before that it takes no more.
            Assert.NotEqual("", word);
        }

        await said.WaitAsync(Gone(bench)).WaitAsync(Guard, TestContext.Current.CancellationToken);
        Assert.Empty(HostProcesses.WithCommand($"sleep\0{marker}\0"));
        var refused = await bench.ShellAsync("true");
        Assert.Equal((Outcome.Infrastructure, Gone(bench)), (refused.Completion.Outcome, refused.Completion.Message));

        await bench.Daemon.StartAgainAsync();
        await said.WaitAsync("").WaitAsync(Guard, TestContext.Current.CancellationToken);
        for (var i = 0; i < 3; i++)
            Assert.Equal("ok\n", (await bench.ShellAsync("test ! -e ~/x && touch ~/x && echo ok")).Output);
        Assert.Empty(await bench.RuntimeLeavingsAsync());
        Assert.Equal(bench.Runtime.Prepared.Count, (await bench.ContainersAsync()).Count);
        Assert.Equal(mounts, Mounts(bench));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(bench.WorkerData, "tasks")));
    }

    [Fact]
    public async Task Daemon_SwappedForAnotherAtOnce_LosesWhatRanUnderTheFirst()
    {
        await using var bench = new AloneBench();
        await bench.InitializeAsync();
        var said = new Said(bench.Engine.Runtime);
        for (var round = 0; round < 3; round++)
        {
            var running = await StartAsync(bench, said, "echo started; exec sleep 1000");
            await bench.Daemon.EndAsync("KILL");
            await bench.Daemon.StartAgainAsync();
            var (end, _) = await running.WaitAsync(Guard, TestContext.Current.CancellationToken);
            Assert.Equal(Outcome.Infrastructure, end.Outcome);
            Assert.Contains("went away while the task ran", end.Message, StringComparison.Ordinal);
            await said.WaitAsync("").WaitAsync(Guard, TestContext.Current.CancellationToken);
            Assert.Equal("ok\n", (await bench.ShellAsync("echo ok")).Output);
        }

        Assert.Empty(await bench.RuntimeLeavingsAsync());
    }

    [Fact]
    public async Task Daemon_ThatIsBackWithoutTheImage_IsNotUsedAndSaysWhy()
    {
        await using var bench = new AloneBench();
        await bench.InitializeAsync();
        var said = new Said(bench.Engine.Runtime);
        await bench.Daemon.RunAsync("rmi", AloneBench.Image);
        await bench.Daemon.EndAsync("KILL");
        await bench.Daemon.StartAgainAsync();
        await said.WaitAsync($"is back and cannot run tasks: the Docker daemon does not have the image {AloneBench.Image}").WaitAsync(Guard, TestContext.Current.CancellationToken);
        Assert.Equal(said.Newest, (await bench.ShellAsync("true")).Completion.Message);

        await bench.TagAsync();
        await said.WaitAsync("").WaitAsync(Guard, TestContext.Current.CancellationToken);
        Assert.Equal("ok\n", (await bench.ShellAsync("echo ok")).Output);
    }

    [Fact]
    public async Task Container_KilledByAnOperator_IsLostAndTheWorkerGoesOn()
    {
        await using var bench = new AloneBench();
        await bench.InitializeAsync();
        var said = new Said(bench.Engine.Runtime);
        var running = await StartAsync(bench, said, "echo started; exec sleep 1000");
        foreach (var container in await bench.ContainersAsync())
            await bench.Daemon.RunAsync("kill", container);
        var (end, _) = await running.WaitAsync(Guard, TestContext.Current.CancellationToken);
        Assert.Equal(Outcome.Infrastructure, end.Outcome);
        Assert.StartsWith("the container was ended by signal 9 from outside: ", end.Message, StringComparison.Ordinal);
        await said.WaitAsync("").WaitAsync(Guard, TestContext.Current.CancellationToken);
        Assert.Equal("ok\n", (await bench.ShellAsync("echo ok")).Output);
    }

    private static string Gone(AloneBench bench) => $"the Docker daemon at {bench.Daemon.Socket} has gone away; start it again";

    private static List<string> Mounts(WorkerBench bench) =>
        [.. File.ReadLines("/proc/self/mounts").Where(line => line.Contains(bench.Data, StringComparison.Ordinal))];

    /// <summary>Starts a task; what comes of it has the word that was the newest when it ended.</summary>
    private static async Task<Task<(Completion End, string Word)>> StartAsync(AloneBench bench, Said said, string script)
    {
        var assignment = await bench.PrepareAsync(TaskRun.Shell(script) with { Timeout = TimeSpan.FromMinutes(20) });
        var attempt = bench.Engine.Executor.ExecuteAsync(assignment, static _ => { }, CancellationToken.None);
        Assert.NotEqual(0, await bench.Stores.Logs.ReadAsync(assignment.StdoutStreamName, 0, new byte[16], TestContext.Current.CancellationToken));
        return WithWordAsync();

        async Task<(Completion, string)> WithWordAsync()
        {
            var end = await attempt.ConfigureAwait(false);
            return (end, said.Newest);
        }
    }

    /// <summary>What the runtime said of itself.</summary>
    private sealed class Said
    {
        private readonly Lock _gate = new();
        private readonly List<(string Text, TaskCompletionSource Found)> _waits = [];

        public Said(IContainerRuntime runtime) => runtime.UsableChanged += Hear;

        public string Newest { get; private set; } = "";

        /// <summary>Waits for a reason that ends like this; an empty one for tasks that can run.</summary>
        public Task WaitAsync(string part)
        {
            lock (_gate)
            {
                if (Fits(part))
                    return Task.CompletedTask;
                var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waits.Add((part, found));
                return found.Task;
            }
        }

        private void Hear(string reason)
        {
            lock (_gate)
            {
                Newest = reason;
                foreach (var wait in _waits.Where(wait => Fits(wait.Text)))
                    wait.Found.TrySetResult();
            }
        }

        private bool Fits(string part) => part.Length == 0 ? Newest.Length == 0 : Newest.Contains(part, StringComparison.Ordinal);
    }

    /// <summary>A worker whose daemon is its own.</summary>
    private sealed class AloneBench : DockerBench
    {
        public const string Image = "buildfarm-alone:1";

        private DockerDaemon? _daemon;

        public new DockerDaemon Daemon => base.Daemon;

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            if (_daemon is not null)
                await _daemon.DisposeAsync();
        }

        public Task<string> TagAsync() => Daemon.RunAsync("tag", Daemon.Image, Image);

        internal override void Configure(WorkerOptions options)
        {
            base.Configure(options);
            options.Docker.Image = Image;
        }

        protected override async Task<DockerDaemon> DaemonAsync()
        {
            _daemon = await DockerDaemon.StartAloneAsync();
            await _daemon.RunAsync("tag", _daemon.Image, Image);
            return _daemon;
        }
    }
}
