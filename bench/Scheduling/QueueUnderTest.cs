using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Commands;

namespace BuildFarm.Bench.Scheduling;

/// <summary>A scheduler alone with a thousand workers in twenty pools, every slot taken, and as many queued tasks as wanted.</summary>
internal sealed class QueueUnderTest
{
    public const int Pools = 20;
    public const int WorkersOfAPool = 50;
    public const int Workers = Pools * WorkersOfAPool;
    public const int Slots = Workers * SlotsOfAWorker;

    private const int SlotsOfAWorker = 4;
    private const int Submitters = 25;
    private const int FirstJobsOfAPool = 10;

    private readonly Scheduler _scheduler = new(new SchedulerOptions { MaxUnfinishedTasks = 2_000_000 });
    private readonly SchedulerTime _now = new(TimeSpan.FromHours(1), DateTimeOffset.UnixEpoch);
    private readonly WorkerId[] _workers = [.. Enumerable.Range(0, Workers).Select(i => new WorkerId($"worker-{i}"))];
    private readonly Platform[] _platforms = [.. Enumerable.Range(0, Pools).Select(i => Platform.Of(("pool", $"{i}")))];
    private long _actions;
    private int _jobs;

    private QueueUnderTest()
    {
        Run(new DeclarePools([.. _platforms.Select((platform, i) => new PoolSpec($"pool-{i}", platform))]));
        for (var i = 0; i < Workers; i++)
        {
            var pool = i % Pools;
            Run(new WorkerLinked(_workers[i], "1", new WorkerOffer($"pool-{pool}", _platforms[pool], new Resources(SlotsOfAWorker * 1000, 16L << 30))));
        }
    }

    public SchedulerState State { get; } = new();

    /// <summary>Attempts that commands have started.</summary>
    public long Started => State.Counters.AttemptsStarted;

    /// <summary>Completions that were accepted.</summary>
    public long Completed => State.Counters.CompletionsAccepted;

    /// <summary>With every slot taken, and nothing queued.</summary>
    public static QueueUnderTest Full()
    {
        var made = new QueueUnderTest();
        made.QueueEverywhere(Slots, jobsOfAPool: 1);
        return made;
    }

    /// <summary>Queues as many tasks on top, the same for each pool.</summary>
    public void Fill(int queued) => QueueEverywhere(queued, FirstJobsOfAPool);

    /// <summary>Queues as many as all slots take.</summary>
    public void Refill() => QueueEverywhere(Slots, jobsOfAPool: 1);

    /// <summary>Brings a job of so many tasks of a pool into the queue: submitted, resolved, looked up.</summary>
    public void Queue(int pool, int tasks)
    {
        var job = new JobId($"{_jobs:x8}");
        Run(new SubmitJob(job, "", new JobSpec("build", Specs(pool, tasks)) { Submitter = $"user-{_jobs % Submitters}", Priority = _jobs % 3 }));
        _jobs++;
        for (var i = 0; i < tasks; i++)
        {
            var task = new TaskId(job, i);
            Run(new TaskResolved(task, new ActionId($"\nroot\n{++_actions:x64}/142")));
            Run(new ActionLookedUp(State.FindTask(task)!.Execution!.Value, Hit: null));
        }
    }

    /// <summary>What each worker says next: the oldest of its attempts has ended, the others run.</summary>
    public WorkerReported[] Reports() => Array.ConvertAll(_workers, worker =>
    {
        var desired = State.DesiredStateFor(worker)!;
        var attempts = desired.Assignments.Select((assignment, i) => i == 0 ? Done(assignment.Lease) : new AttemptReport(assignment.Lease, AttemptPhase.Running));
        return new WorkerReported(worker, desired.Incarnation, Draining: false, desired.Revision, [.. attempts]);
    });

    /// <summary>Takes one report, and says what its worker should be doing now.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public DesiredState Decide(WorkerReported report)
    {
        Run(report);
        return State.DesiredStateFor(report.Worker)!;
    }

    private void QueueEverywhere(int tasks, int jobsOfAPool)
    {
        for (var i = 0; i < Pools * jobsOfAPool; i++)
        {
            Queue(i % Pools, tasks / (Pools * jobsOfAPool));
        }
    }

    private static ImmutableArray<TaskSpec> Specs(int pool, int tasks)
    {
        var platform = Platform.Of(("pool", $"{pool}"));
        return [.. Enumerable.Range(0, tasks).Select(i => new TaskSpec($"compile src/module{i}.cpp")
        {
            Platform = platform,
            Timeout = TimeSpan.FromMinutes(30),
            ExpectedDuration = TimeSpan.FromSeconds(i % 97),
        })];
    }

    private static AttemptReport Done(Lease lease) => new(lease, AttemptPhase.Completed, new CompletionReport(
        Outcome.Success, Result: new ResultHandle("result"), Usage: new AttemptUsage(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1), 1 << 28, default, default)));

    private void Run(Command command) => _scheduler.Execute(State, command, _now, static _ => { });
}
