using BuildFarm.V1;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>Lines of the operator's before every task.</summary>
public sealed class PreludeTests
{
    [Fact]
    public async Task Prelude_RunsInTheContainerBeforeTheTaskAndIsShown()
    {
        await using var bench = new PreludeBench("export MIRROR='a b'\necho cert > ~/.cert\numask 077\n");
        await bench.InitializeAsync();
        var end = await bench.RunAsync(TaskRun.Shell("echo \"$MIRROR\" $(cat ~/.cert) $(umask) ${prelude-none} ${lines-none}; id -u; exit 3"));
        Assert.Equal(("a b cert 0077 none none\n1000\n", $"buildfarm: prelude {bench.Engine.Prelude!.Version}\n"), (end.Output, end.Error));
        Assert.Equal((Outcome.Failure, 3), (end.Completion.Outcome, end.Completion.ExitCode));
        var absent = await bench.RunAsync(new TaskRun("no-such-program"));
        Assert.Equal((127, "command not found: no-such-program"), (absent.Completion.ExitCode, absent.Completion.Message));
    }

    [Theory]
    [InlineData("false\n")]
    [InlineData("exit 0\n")]
    [InlineData("no-such-program\n")]
    public async Task Prelude_ThatFails_IsTheFarmsFault(string text)
    {
        await using var bench = new PreludeBench(text);
        await bench.InitializeAsync();
        var end = await bench.ShellAsync("echo ran");
        Assert.Equal((Outcome.Infrastructure, ""), (end.Completion.Outcome, end.Output));
        Assert.Contains($"prelude {bench.Engine.Prelude!.Version} failed", end.Completion.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prelude_IsPartOfTheEnvironment()
    {
        await using var bench = new PreludeBench("true\n");
        await bench.InitializeAsync();
        await using var plain = new WorkerBench();
        await plain.InitializeAsync();
        Assert.Equal($"{plain.Engine.Root.Identity}+{bench.Engine.Prelude!.Version}", bench.Engine.Root.Identity);
        var facts = (await bench.ShellAsync("true")).Completion.Result.ExecutionMetadata.AuxiliaryMetadata[0].Unpack<AttemptFacts>();
        Assert.Equal(bench.Engine.Root.Identity, facts.Environment);
    }

    [Fact]
    public void Prelude_ThatIsNotThere_IsOneLine()
    {
        var error = Assert.Throws<RuntimeUnusableException>(() => Prelude.Read("/no/such/file"));
        Assert.StartsWith("the prelude cannot be read: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private sealed class PreludeBench(string text) : WorkerBench
    {
        internal override void Configure(WorkerOptions options)
        {
            options.Prelude = Path.Combine(Data, "prelude.sh");
            File.WriteAllText(options.Prelude, text);
        }
    }
}
