using System.Collections.Immutable;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Invariants;
using BuildFarm.Scheduling.Tests.Simulation;
using Xunit;

namespace BuildFarm.Scheduling.Tests;

/// <summary>A scheduler with a clock in the hand: every command is followed by a check of all invariants and of what it says of its tasks.</summary>
internal sealed class Farm
{
    public const long GiB = 1L << 30;

    /// <summary>Explanations walk over what waits: where there is much of it they are left out.</summary>
    private const int MostExplained = 100;

    private readonly List<Event> _events = [];
    private TimeSpan _now = TimeSpan.FromHours(1);

    public Farm(SchedulerOptions? options = null, params PoolSpec[] pools)
    {
        Options = options ?? new SchedulerOptions();
        Scheduler = new Scheduler(Options);
        Run(new DeclarePools(pools.Length > 0 ? [.. pools] : [new PoolSpec("default", Platform.Empty)]));
    }

    public SchedulerOptions Options { get; }

    public Scheduler Scheduler { get; }

    public SchedulerState State { get; private set; } = new();

    public IReadOnlyList<Event> Events => _events;

    public List<Effect> Effects { get; } = [];

    public SchedulerTime Now => new(_now, DateTimeOffset.UnixEpoch + _now);

    public IReadOnlyList<Effect> Run(Command command)
    {
        var effects = Scheduler.Execute(State, command, Now, _events.Add);
        Effects.AddRange(effects);
        Assert.Empty(InvariantChecker.FindViolations(State));
        if (State.UnfinishedTasks <= MostExplained)
        {
            ExplanationAuditor.Check(State);
        }

        return effects;
    }

    /// <summary>Lets time pass as a loop does: it wakes at every deadline on the way.</summary>
    public void Pass(TimeSpan time)
    {
        var end = _now + time;
        while (Scheduler.NextDeadline(State) is { } due && due < end)
        {
            _now = due > _now ? due : _now;
            Run(new Tick());
        }

        _now = end;
        Run(new Tick());
    }

    /// <summary>Lets time pass while the loop does not run.</summary>
    public void Freeze(TimeSpan time) => _now += time;

    /// <summary>Replays what a journal would have kept into a new state.</summary>
    public SchedulerState Replay()
    {
        var replayed = new SchedulerState();
        foreach (var change in _events)
        {
            if (change.IsDurable)
            {
                replayed.Apply(change);
            }
        }

        return replayed;
    }

    /// <summary>A coordinator that died and came back with what its journal kept.</summary>
    public IReadOnlyList<Effect> Restart()
    {
        State = Replay();
        return Run(new Resume());
    }

    public static TaskSpec Task(string name, params int[] needs) => new(name)
    {
        Needs = [.. needs],
        Resources = new Resources(1000, GiB),
    };

    public IReadOnlyList<Effect> Submit(string job, params TaskSpec[] tasks) => Submit(new JobSpec(job, [.. tasks]));

    public IReadOnlyList<Effect> Submit(JobSpec spec, string key = "") =>
        Run(new SubmitJob(new JobId(spec.Name), key, spec) { Correlation = 7 });

    public static TaskId Id(string job, int index = 0) => new(new JobId(job), index);

    public IReadOnlyList<Effect> Resolve(TaskId task, string? action = null, bool cacheable = true) =>
        Run(new TaskResolved(task, new ActionId(action ?? task.ToString()), cacheable));

    public IReadOnlyList<Effect> Miss(TaskId task) => Run(new ActionLookedUp(State.FindTask(task)!.Execution!.Value, Hit: null));

    public IReadOnlyList<Effect> Hit(TaskId task, string result = "hit") =>
        Run(new ActionLookedUp(State.FindTask(task)!.Execution!.Value, new ResultHandle(result)));

    /// <summary>Resolves a task to an action of its own and brings it into the queue.</summary>
    public void Queue(TaskId task, string? action = null)
    {
        Resolve(task, action);
        Miss(task);
    }

    /// <summary>Submits a job of independent tasks and brings them all into the queue.</summary>
    public void SubmitQueued(string job, params TaskSpec[] tasks)
    {
        Submit(job, tasks);
        for (var i = 0; i < tasks.Length; i++)
        {
            Queue(Id(job, i));
        }
    }

    public IReadOnlyList<Effect> Link(
        string worker, int cpus = 1, long memory = 4 * GiB, string incarnation = "1", string pool = "default", Platform? platform = null) =>
        Run(new WorkerLinked(
            new WorkerId(worker), incarnation, new WorkerOffer(pool, platform ?? Platform.Empty, new Resources(cpus * 1000L, memory))) { Correlation = 9 });

    public IReadOnlyList<Effect> Report(string worker, params AttemptReport[] attempts) => ReportAt(worker, Desired(worker).Revision, attempts);

    public IReadOnlyList<Effect> ReportAt(string worker, long revision, params AttemptReport[] attempts) =>
        Run(new WorkerReported(new WorkerId(worker), Desired(worker).Incarnation, Draining: false, revision, [.. attempts]));

    public IReadOnlyList<Effect> Drain(string worker, params AttemptReport[] attempts) =>
        Run(new WorkerReported(new WorkerId(worker), Desired(worker).Incarnation, Draining: true, Desired(worker).Revision, [.. attempts]));

    public IReadOnlyList<Effect> Unlink(string worker) => Run(new WorkerUnlinked(new WorkerId(worker), Desired(worker).Incarnation));

    public DesiredState Desired(string worker) => State.DesiredStateFor(new WorkerId(worker))!;

    public ImmutableArray<TaskId> Assigned(string worker) => [.. Desired(worker).Assignments.Select(a => a.Task)];

    public Lease LeaseOf(TaskId task)
    {
        var view = State.FindTask(task)!;
        return new Lease(view.Execution!.Value, view.Attempt);
    }

    /// <summary>Reports the end of the running attempt of a task, and that the worker's others go on.</summary>
    public IReadOnlyList<Effect> Complete(TaskId task, Outcome outcome = Outcome.Success, int exitCode = 0, string message = "")
    {
        var view = State.FindTask(task)!;
        var result = outcome is Outcome.Success or Outcome.Failure ? new ResultHandle("result of " + task) : (ResultHandle?)null;
        var (worker, lease) = (view.Worker!.Value.Value, LeaseOf(task));
        var others = Desired(worker).Assignments.Where(a => a.Lease != lease).Select(a => Running(a.Lease));
        return Report(worker, [Done(lease, outcome, exitCode, result, message), .. others]);
    }

    public static AttemptReport Done(
        Lease lease, Outcome outcome = Outcome.Success, int exitCode = 0, ResultHandle? result = null, string message = "") =>
        new(lease, AttemptPhase.Completed, new CompletionReport(outcome, exitCode, result, message));

    public static AttemptReport Running(Lease lease) => new(lease, AttemptPhase.Running);

    public Resources InUse(string worker) => State.Workers().Single(w => w.Id.Value == worker).InUse;

    public TaskView Finished(TaskId task) =>
        Effects.OfType<TaskChanged>().Select(e => e.Task).Last(t => t.Id == task && t.Phase == TaskPhase.Finished);

    public JobView FinishedJob(string job) => Effects.OfType<JobFinished>().Single(e => e.Job.Id.Value == job).Job;
}
