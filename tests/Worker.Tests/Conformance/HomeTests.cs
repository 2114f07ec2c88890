using BuildFarm.BlobStore;
using BuildFarm.Hosting;
using BuildFarm.V1;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests.Conformance;

/// <summary>Homes that begin with something, of a worker that keeps <see cref="SmallHomes"/>.</summary>
public abstract class HomeTests<TBench>(TBench bench) : IClassFixture<TBench>
    where TBench : WorkerBench, new()
{
    [Fact]
    public async Task Template_IsTheHomeOfEachTaskAndStaysAsItIs()
    {
        var template = await bench.InputRootAsync(new() { [".sage/init.sage"] = "ready\n", [".config/tool*"] = "#!/bin/sh\necho tool\n", [".link->.sage/init.sage"] = "" });
        var run = TaskRun.Shell("cat ~/.link; ~/.config/tool; echo own >> ~/.sage/init.sage; rm ~/.config/tool; mkdir ~/.sage/maxima; cat ~/.sage/init.sage; echo $HOME; stat -c '%a %u' ~") with
        {
            Platform = new() { [HomeProperties.Template] = $"{template.HashHex}/{template.SizeBytes}" },
        };
        for (var i = 0; i < 2; i++)
        {
            var end = await bench.RunAsync(run);
            Assert.Equal(("ready\ntool\nready\nown\n/home/farm\n700 1000\n", ""), (end.Output, end.Error));
        }
    }

    [Fact]
    public async Task Template_ThatTheCacheLacks_IsNamedAsMissing()
    {
        var end = await bench.RunAsync(new TaskRun("true") { Platform = { [HomeProperties.Template] = $"{new string('a', 64)}/77" } });
        Assert.Equal((Outcome.Infrastructure, 1), (end.Completion.Outcome, end.Completion.Missing.Count));
    }

    [Fact]
    public async Task Kept_IsThereForTheNextTaskOfItsNameAlone()
    {
        var kept = new Dictionary<string, string>(StringComparer.Ordinal) { [HomeProperties.Kept] = "sage/../../x" };
        Assert.Equal("", (await bench.RunAsync(TaskRun.Shell("ls -A ~; echo kept > ~/f; chmod 0 ~/f; mkdir -p ~/a/b") with { Platform = kept })).Output);
        Assert.Equal("a f\n", (await bench.RunAsync(TaskRun.Shell("echo $(ls -A ~)") with { Platform = kept })).Output);
        Assert.Equal("", (await bench.RunAsync(TaskRun.Shell("ls -A ~") with { Platform = new() { [HomeProperties.Kept] = "other" } })).Output);
        Assert.Equal("", (await bench.RunAsync(TaskRun.Shell("ls -A ~") with { Platform = new() { [HomeProperties.Kept] = "sage/../../x", [HomeProperties.Renew] = "true" } })).Output);
        Assert.All(Directory.EnumerateDirectories(Path.Combine(bench.WorkerData, "homes")), static folder => Assert.Matches("^[0-9a-f]{64}$", Path.GetFileName(folder)));
    }

    [Fact]
    public async Task Kept_ByTwoTasksAtOnce_IsRefusedToTheSecond()
    {
        var kept = new Dictionary<string, string>(StringComparer.Ordinal) { [HomeProperties.Kept] = "one" };
        var first = await bench.PrepareAsync(TaskRun.Shell("echo started; while :; do sleep 0.1; done") with { Platform = kept });
        using var stop = new CancellationTokenSource();
        var running = bench.Engine.Executor.ExecuteAsync(first, static _ => { }, stop.Token);
        Assert.NotEqual(0, await bench.Stores.Logs.ReadAsync(first.StdoutStreamName, 0, new byte[16], TestContext.Current.CancellationToken));
        var second = await bench.RunAsync(new TaskRun("true") { Platform = kept });
        Assert.Equal((Outcome.Infrastructure, "the kept home one is in use by another task of this worker"), (second.Completion.Outcome, second.Completion.Message));
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Kept_ThatGrowsTooLarge_EndsItsTaskAndGoes()
    {
        var kept = new Dictionary<string, string>(StringComparer.Ordinal) { [HomeProperties.Kept] = "large" };
        var end = await bench.RunAsync(TaskRun.Shell("cat /dev/zero > ~/f") with { Platform = kept });
        Assert.Equal((Outcome.ResourceLimit, "wrote more than 32 MiB to its kept home"), (end.Completion.Outcome, end.Completion.Message));
        Assert.Equal("", (await bench.RunAsync(TaskRun.Shell("ls -A ~") with { Platform = kept })).Output);
    }

    [Fact]
    public async Task Kept_TooMany_TheLongestUnusedGoes()
    {
        await using var own = new TBench();
        await own.InitializeAsync();
        foreach (var name in new[] { "a", "b", "c", "d", "e" })
            await own.RunAsync(TaskRun.Shell("echo x > ~/f") with { Platform = new() { [HomeProperties.Kept] = name } });
        Assert.Equal("", (await own.RunAsync(TaskRun.Shell("ls ~") with { Platform = new() { [HomeProperties.Kept] = "a" } })).Output);
        Assert.Equal("f\n", (await own.RunAsync(TaskRun.Shell("ls ~") with { Platform = new() { [HomeProperties.Kept] = "e" } })).Output);
    }

    [Fact]
    public async Task Kept_ThatIsToGo_GoesUnlessATaskHasItAndIsAnotherWhenItIsMadeAgain()
    {
        await using var own = new TBench();
        await own.InitializeAsync();
        var homes = own.Engine.Homes!;
        var kept = new Dictionary<string, string>(StringComparer.Ordinal) { [HomeProperties.Kept] = "one" };
        await own.RunAsync(TaskRun.Shell("head -c 100000 /dev/zero > ~/f") with { Platform = kept });
        await own.RunAsync(TaskRun.Shell("echo x > ~/f") with { Platform = new() { [HomeProperties.Kept] = "two" } });
        var listed = homes.List().ToDictionary(static note => note.Name, StringComparer.Ordinal);
        Assert.Equal(["one", "two"], listed.Keys.Order(StringComparer.Ordinal));
        Assert.True(listed["one"].Bytes >= 100_000);

        var holder = await own.PrepareAsync(TaskRun.Shell("echo started; while :; do sleep 0.1; done") with { Platform = kept });
        using var stop = new CancellationTokenSource();
        var running = own.Engine.Executor.ExecuteAsync(holder, static _ => { }, stop.Token);
        Assert.NotEqual(0, await own.Stores.Logs.ReadAsync(holder.StdoutStreamName, 0, new byte[16], TestContext.Current.CancellationToken));
        Assert.False(homes.Remove([listed["one"].Id]));
        await stop.CancelAsync();
        await running;

        Assert.True(homes.Remove([listed["one"].Id, "absent"]));
        Assert.Equal(["two"], homes.List().Select(static note => note.Name));
        Assert.Equal("", (await own.RunAsync(TaskRun.Shell("ls -A ~") with { Platform = kept })).Output);
        Assert.NotEqual(listed["one"].Id, homes.List().Single(static note => note.Name == "one").Id);
        Assert.False(homes.Remove([listed["one"].Id]));
        Assert.Equal("f\n", (await own.RunAsync(TaskRun.Shell("ls -A ~") with { Platform = new() { [HomeProperties.Kept] = "two" } })).Output);
    }
}
