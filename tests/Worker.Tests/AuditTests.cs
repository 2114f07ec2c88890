using BuildFarm.V1;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>What a result says of who made it and of what the task wrote beside its outputs.</summary>
public sealed class AuditTests(WorkerBench bench) : IClassFixture<WorkerBench>
{
    [Fact]
    public async Task Attempt_OfAnyTask_SaysWhoRanIt()
    {
        var end = await bench.RunAsync(new TaskRun("false"));
        var facts = FactsOf(end);
        Assert.Equal(Offer.Machine.Read(), facts.Host);
        Assert.StartsWith("crun ", facts.Runtime, StringComparison.Ordinal);
        Assert.StartsWith("host-", facts.Environment, StringComparison.Ordinal);
        Assert.Equal("default", facts.Profile);
        Assert.NotEqual("", facts.AgentVersion);
        Assert.Empty(facts.Written);
    }

    [Fact]
    public async Task Files_BesideTheOutputs_AreNamedByPlace()
    {
        const string Script = """
            mkdir -p out/deep left/behind; echo x > out/deep/f; echo xx > left/behind/f; echo more >> changed; rm deleted; touch same-folder/new
            mkdir -p ~/.sage/maxima; echo h > ~/.sage/rc; ln -s /etc/shadow /tmp/link; mkfifo /tmp/pipe; head -c 100000 /dev/zero > /dev/shm/z
            """;
        var end = await bench.RunAsync(TaskRun.Shell(Script) with
        {
            Inputs = new() { ["changed"] = "1\n", ["deleted"] = "2\n", ["same-folder/old"] = "3\n", ["untouched"] = "4\n" },
            Outputs = ["out/deep", "not/made/at/all"],
        });
        Assert.Equal(Outcome.Success, end.Completion.Outcome);
        var places = FactsOf(end).Written.ToDictionary(static place => place.Place, StringComparer.Ordinal);
        Assert.Equal(
            ["changed (an input, changed)", "deleted (an input, deleted)", "left", "left/behind", "left/behind/f", "same-folder/new"], places["workspace"].Examples);
        Assert.Equal([".sage", ".sage/maxima", ".sage/rc"], places["home"].Examples);
        Assert.Equal(["link", "pipe"], places["tmp"].Examples);
        Assert.Equal((1, true), (places["shm"].Entries, places["shm"].Bytes >= 100_000));
        Assert.Equal(4, places.Count);
    }

    [Fact]
    public async Task Files_OfATaskThatWritesWithoutMeasure_AreCountedAsFarAsLooked()
    {
        const string Many = "import os\nfor i in range(12000): open(os.path.expanduser(f'~/f{i:05}'), 'w').close()\nos.chdir('/tmp')\nfor i in range(100): os.mkdir('d'); os.chdir('d')";
        var end = await bench.RunAsync(new TaskRun("python3", "-c", Many));
        var places = FactsOf(end).Written.ToDictionary(static place => place.Place, StringComparer.Ordinal);
        Assert.Equal((true, 10_000, 10), (places["home"].Partial, (int)places["home"].Entries, places["home"].Examples.Count));
        Assert.Equal((true, 64), (places["tmp"].Partial, (int)places["tmp"].Entries));
    }

    private static AttemptFacts FactsOf(TaskEnd end) =>
        Assert.Single(end.Completion.Result.ExecutionMetadata.AuxiliaryMetadata).Unpack<AttemptFacts>();
}
