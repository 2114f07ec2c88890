using BuildFarm.Cli.Output;
using BuildFarm.Cli.Runs;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;

namespace BuildFarm.Cli.Tests.Output;

/// <summary>What a person reads, word for word.</summary>
public sealed class ConsoleReporterTests : IDisposable
{
    private readonly ManualClock _time = new();
    private readonly StringWriter _text = new() { NewLine = "\n" };
    private readonly RunView _view = new("7f3c2a");
    private long _sequence;

    public void Dispose() => _text.Dispose();

    [Fact]
    public void Run_OfEveryKind_ReadsLikeThis()
    {
        var reporter = Reporter();
        reporter.Started(new RunStart("7f3c2a", "nightly", "6 tasks  sent 3 of 9 blobs, 1.5 KiB", "farm watch 7f3c2a", "http://127.0.0.1:8981/runs/7f3c2a"));
        Send(reporter, new JobEvent { Accepted = new Job { Name = "nightly", Summary = new JobSummary { Submitted = 6 } } });
        Finish(reporter, "src/a.py", Outcome.Success, 12.41);
        Finish(reporter, "src/b.py", Outcome.Success, 0, task => task.Origin = ResultOrigin.ActionCache);
        var failed = Finish(reporter, "src/c.py", Outcome.Failure, 3, task => task.ExitCode = 1);
        reporter.FailureOutput(_view, failed, LogExcerpt.Of(new StringReader(string.Join('\n', Enumerable.Range(1, 6).Select(i => $"line {i}"))), headLines: 2, tailLines: 2));
        Finish(reporter, "src/d.py", Outcome.Timeout, 600, task => task.Message = "over its limit of 10m");
        Send(reporter, new JobEvent { Task = Task("src/e.py", TaskState.Running, 1) });
        Send(reporter, new JobEvent { Task = Task("src/e.py", TaskState.Queued, 1, "worker node-7 was lost") });
        Finish(reporter, "src/e.py", Outcome.Success, 2, task => (task.Attempt, task.Worker) = (2, "node-2"));
        Finish(reporter, "src/f.py", Outcome.Cancelled, 0, task => (task.Message, task.Worker) = ("cancelled by a@b", ""));
        var ended = new Job
        {
            SubmittedAt = Timestamp.FromDateTimeOffset(_time.GetUtcNow()),
            FinishedAt = Timestamp.FromDateTimeOffset(_time.GetUtcNow().AddSeconds(362)),
            Summary = new JobSummary { Submitted = 6, Succeeded = 3, Failed = 1, TimedOut = 1, Cancelled = 1, FromCache = 1, Attempts = 5 },
        };
        Send(reporter, new JobEvent { Finished = ended });
        reporter.Ended(_view, RunVerdict.Of(_view.Ended!, _view.Tasks));

        Assert.Equal(
            """
            Run 7f3c2a  nightly  6 tasks  sent 3 of 9 blobs, 1.5 KiB
            Attach: farm watch 7f3c2a   http://127.0.0.1:8981/runs/7f3c2a
              PASS   [ 12.4s] (1/6) src/a.py  @node-7
              PASS   [cached] (2/6) src/b.py
              FAIL   [  3.0s] (3/6) src/c.py  exit status 1  @node-7
                line 1
                line 2
                … 2 lines left out; all of it: farm logs 7f3c2a src/c.py --all
                line 5
                line 6
              TMOUT  [600.0s] (4/6) src/d.py  over its limit of 10m  @node-7
              LOST   node-7; src/e.py is queued again: worker node-7 was lost
              PASS   [  2.0s] (5/6) src/e.py  attempt 2  @node-2
              CANCEL [  0.0s] (6/6) src/f.py  cancelled by a@b
            Not successful (3):
              FAIL   [  3.0s] src/c.py  exit status 1  @node-7   log: farm logs 7f3c2a src/c.py
              TMOUT  [600.0s] src/d.py  over its limit of 10m  @node-7   log: farm logs 7f3c2a src/d.py
              CANCEL [  0.0s] src/f.py  cancelled by a@b   log: farm logs 7f3c2a src/f.py
            Summary 6m02s  3 passed, 1 failed, 1 timed out, 1 cancelled, 0 unreported
            served from the action cache: 1 of 6; containers started: 5

            """,
            _text.ToString());
    }

    [Fact]
    public void Tick_NothingHappensFor30Seconds_GivesOneSignOfLife()
    {
        var reporter = Reporter();
        Send(reporter, new JobEvent { Accepted = new Job { Summary = new JobSummary { Submitted = 3 } } });
        Send(reporter, new JobEvent { Task = Task("a", TaskState.Running, 1) });
        Send(reporter, new JobEvent { Task = Task("b", TaskState.Queued, 0, "behind 1 task") });
        for (var i = 0; i < 130; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.5));
            reporter.Tick(_view);
        }

        Assert.Equal(
            "  ...    [ 30.0s] 0/3 done, 1 running (oldest a 0.0s), 2 to go: behind 1 task\n"
            + "  ...    [ 60.0s] 0/3 done, 1 running (oldest a 0.0s), 2 to go: behind 1 task\n",
            _text.ToString());
    }

    [Fact]
    public void FailureOutput_OnGitHub_IsFolded()
    {
        var reporter = Reporter(FoldMarkers.For(name => name == "GITHUB_ACTIONS" ? "true" : null));
        reporter.FailureOutput(_view, new V1.Task { Name = "t" }, LogExcerpt.Of(new StringReader("oops\e[2J")));

        Assert.Equal("::group::output of t\n    oops [2J\n::endgroup::\n", _text.ToString());
    }

    [Fact]
    public void Quiet_SuccessesAreNotShown()
    {
        var reporter = Reporter(verbosity: Verbosity.FailuresOnly);
        Finish(reporter, "good", Outcome.Success, 1);
        Finish(reporter, "bad", Outcome.Failure, 1, task => task.ExitCode = 2);

        Assert.Equal("  FAIL   [  1.0s] (2/2) bad  exit status 2  @node-7\n", _text.ToString());
    }

    [Fact]
    public void Colours_OnlyWhereTheyAreWanted()
    {
        Assert.Equal("PASS", Palette.For(isTerminal: true, name => name == "NO_COLOR" ? "1" : null).Label("PASS"));
        Assert.Equal("PASS", Palette.For(isTerminal: false, _ => null).Label("PASS"));
        Assert.Equal("\e[32mPASS\e[0m", Palette.For(isTerminal: true, _ => null).Label("PASS"));
    }

    private ConsoleReporter Reporter(FoldMarkers? folds = null, Verbosity verbosity = Verbosity.EveryTask) =>
        new(_text, Palette.None, folds ?? FoldMarkers.None, verbosity, footer: null, _time);

    private V1.Task Finish(ConsoleReporter reporter, string name, Outcome outcome, double seconds, Action<V1.Task>? change = null)
    {
        var task = Task(name, TaskState.Finished, 1);
        (task.Outcome, task.Origin) = (outcome, ResultOrigin.Executed);
        task.Usage = new ResourceUsage { WallTime = Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds)) };
        change?.Invoke(task);
        Send(reporter, new JobEvent { Task = task });
        return task;
    }

    private void Send(ConsoleReporter reporter, JobEvent news)
    {
        news.Sequence = ++_sequence;
        reporter.Changed(_view, news, _view.Apply(news));
    }

    private static V1.Task Task(string name, TaskState state, int attempt, string message = "") =>
        new() { Name = name, State = state, Attempt = attempt, Worker = "node-7", Message = message };
}
