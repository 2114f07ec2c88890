using System.Text;
using BuildFarm.TestKit;
using BuildFarm.V1;
using BuildFarm.Worker.Execution;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests.Conformance;

/// <summary>Secrets of tasks: where a task finds them, and where nobody does.</summary>
public abstract class SecretTests<TBench>(TBench bench) : IClassFixture<TBench>
    where TBench : WorkerBench, new()
{
    private const string Key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nrXyz0123456789abcdefghijklmnopqr\n-----END KEY-----\n";

    [Fact]
    public async Task Secrets_OfATask_AreFilesThatItsUserAloneMayRead()
    {
        bench.Secrets.Values["token"] = "tok-4711-conformance\n";
        bench.Secrets.Values["key.pem"] = Key;
        var end = await bench.RunAsync(TaskRun.Shell("""
            cd $FARM_SECRETS; pwd; ls -A; stat -c '%a %u %F' . token; sha256sum < key.pem; wc -c < token
            stat -f -c %T .; grep ' /run/secrets ' /proc/self/mountinfo | tail -n 1 | grep -c ' /run/secrets ro,'; touch x token 2> /dev/null; rm -f token 2> /dev/null; ls -A
            """) with { Secrets = ["token", "key.pem"] });
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Key)));
        Assert.Equal(
            $"/run/secrets\nkey.pem\ntoken\n500 1000 directory\n400 1000 regular file\n{hash}  -\n21\ntmpfs\n1\nkey.pem\ntoken\n", end.Output);
        Assert.Equal(Outcome.Success, end.Completion.Outcome);
    }

    [Fact]
    public async Task Secrets_OfATask_AreNotThereForItsNeighbourAndItsSuccessor()
    {
        bench.Secrets.Values["mine"] = "mine-0815";
        var first = await bench.PrepareAsync(TaskRun.Shell("test -s $FARM_SECRETS/mine && echo started; while :; do sleep 0.1; done") with { Secrets = ["mine"] });
        using var stop = new CancellationTokenSource();
        var running = bench.Engine.Executor.ExecuteAsync(first, static _ => { }, stop.Token);
        Assert.NotEqual(0, await bench.Stores.Logs.ReadAsync(first.StdoutStreamName, 0, new byte[16], TestContext.Current.CancellationToken));
        const string Look = "echo ${FARM_SECRETS-unset}; ls -A /run/secrets; find / -name mine 2>/dev/null; cat /run/secrets/mine";
        var neighbour = await bench.ShellAsync(Look);
        await stop.CancelAsync();
        await running;
        var successor = await bench.ShellAsync(Look);
        Assert.Equal(("unset\n", "unset\n"), (neighbour.Output, successor.Output));
    }

    [Fact]
    public async Task Secrets_WhenTheTaskRunsAndWhenItHasEnded_AreInNoFileCommandLineOrEnvironmentOfTheMachine()
    {
        const string Secret = "tok-Zq8vKw2Lr9-nowhere";
        bench.Secrets.Values["token"] = Secret;
        var assignment = await bench.PrepareAsync(TaskRun.Shell("test -s $FARM_SECRETS/token && echo started; while :; do sleep 0.1; done") with { Secrets = ["token"] });
        using var stop = new CancellationTokenSource();
        var running = bench.Engine.Executor.ExecuteAsync(assignment, static _ => { }, stop.Token);
        Assert.NotEqual(0, await bench.Stores.Logs.ReadAsync(assignment.StdoutStreamName, 0, new byte[16], TestContext.Current.CancellationToken));
        Assert.Empty(SecretSearch.InProcesses(Secret));
        Assert.Empty(SecretSearch.InFiles(bench.Data, Secret));
        await stop.CancelAsync();
        await running;
        await bench.Engine.Remover.CatchUpAsync();
        Assert.Empty(SecretSearch.InFiles(bench.Data, Secret));
        Assert.Empty(await bench.RuntimeLeavingsAsync());
    }

    [Fact]
    public async Task Secrets_ThatATaskWritesToItsLog_AreStars()
    {
        bench.Secrets.Values["token"] = "tok-4711-printed\n";
        bench.Secrets.Values["key.pem"] = Key;
        // In pieces too: a value is found wherever a write ends.
        var run = TaskRun.Shell("""
            cat $FARM_SECRETS/token; echo "a $(cat $FARM_SECRETS/token) b" >&2; printf tok-47; sleep 0.2; printf '11-pri'; sleep 0.2; echo nted; printf tok-47; sleep 0.2; echo 12
            sed 's/^/> /' $FARM_SECRETS/key.pem; printf tok-4711-pri
            """) with { Secrets = ["token", "key.pem"] };
        var assignment = await bench.PrepareAsync(run);
        var completion = await bench.Engine.Executor.ExecuteAsync(assignment, static _ => { }, CancellationToken.None);
        var (output, error) = (await bench.TextAsync(completion.Result.StdoutDigest), await bench.TextAsync(completion.Result.StderrDigest));
        Assert.Equal("***\n***\ntok-4712\n> ***\n> ***\n> ***\n> ***\ntok-4711-pri", output);
        Assert.Equal("a *** b\n", error);
        Assert.Equal(output, completion.Result.StdoutRaw.ToStringUtf8());
        var live = new byte[256];
        var read = await bench.Stores.Logs.ReadAsync(assignment.StdoutStreamName, 0, live, TestContext.Current.CancellationToken);
        Assert.StartsWith(Encoding.UTF8.GetString(live, 0, read), output, StringComparison.Ordinal);
        Assert.Empty(SecretSearch.InFiles(bench.Data, "tok-4711-printed"));
    }

    [Fact]
    public async Task Secrets_ThatTheFarmDoesNotHoldAnyMore_AreTheTasksFailureBeforeItRuns()
    {
        await using var own = new TBench();
        await own.InitializeAsync();
        own.Secrets.Failure = new InvalidActionException("the farm holds no secret 'gone'");
        var end = await own.RunAsync(new TaskRun("true") { Secrets = ["gone"] });
        Assert.Equal((Outcome.Failure, "the action cannot be run: the farm holds no secret 'gone'"), (end.Completion.Outcome, end.Completion.Message));
        own.Secrets.Failure = new IOException("the coordinator does not give the task's secrets: no");
        end = await own.RunAsync(new TaskRun("true") { Secrets = ["gone"] });
        Assert.Equal((Outcome.Infrastructure, "the coordinator does not give the task's secrets: no"), (end.Completion.Outcome, end.Completion.Message));
    }

    [Fact]
    public async Task RuntimeFolder_OfATask_IsItsOwnAndFresh()
    {
        const string Script = "echo $XDG_RUNTIME_DIR; stat -c '%a %u' $XDG_RUNTIME_DIR; ls -A $XDG_RUNTIME_DIR; touch $XDG_RUNTIME_DIR/x && echo wrote";
        for (var i = 0; i < 2; i++)
        {
            var end = await bench.ShellAsync(Script);
            Assert.Equal(("/run/user/1000\n700 1000\nwrote\n", ""), (end.Output, end.Error));
        }
    }
}
