using System.Collections.Immutable;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation.Faults;

/// <summary>
/// A small farm where nothing goes wrong by chance: a test says what does, and when. Every check of the simulation watches it, and at
/// the end everything must be well again.
/// </summary>
internal sealed class FaultScenario
{
    private readonly Dictionary<string, Func<Assignment, SimulatedRun>> _scripts = new(StringComparer.Ordinal);

    public FaultScenario(int workers = 2, SchedulerOptions? scheduler = null, Func<SimulationOptions, SimulationOptions>? change = null)
    {
        var options = new SimulationOptions
        {
            Workers = workers,
            Pools = 1,
            Jobs = 0,
            TasksPerJob = 0,
            Actions = 1,
            MaxDelaySeconds = 0.1,
            Scheduler = scheduler ?? new SchedulerOptions(),
        };
        World = new World(seed: 1) { Options = change?.Invoke(options) ?? options };
        Coordinator = new SimulatedCoordinator(World, options.Scheduler, new DeclarePools([new PoolSpec("default", Platform.Empty)]));
        for (var i = 1; i <= workers; i++)
        {
            var worker = new SimulatedWorker(World, Coordinator, $"w{i}", new WorkerOffer("default", Platform.Empty, new Resources(1000, 4 * Farm.GiB)));
            worker.Script = assignment => ScriptFor(worker.Id, assignment);
            Coordinator.Workers.Add(worker.Id, worker);
        }

        Client = new SimulatedClient(World, Coordinator) { Resolver = static task => new TaskResolved(task, new ActionId($"action of {task}")) };
        Coordinator.Client = Client;
        Until(() => State.Workers().Count(static w => w.Condition == WorkerCondition.Ready) == workers, TimeSpan.FromMinutes(1));
    }

    public World World { get; }

    public SimulatedCoordinator Coordinator { get; }

    public SimulatedClient Client { get; }

    public SchedulerState State => Coordinator.State;

    /// <summary>Every event that is in the journal.</summary>
    public List<Event> Events => Coordinator.Journal.All;

    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    public SimulatedWorker Worker(string id) => Coordinator.Workers[new WorkerId(id)];

    public WorkerView View(string worker) => State.Workers().Single(w => w.Id.Value == worker);

    /// <summary>Says what a task does: on one worker, or on every worker for which nothing else is said. Others take ten seconds.</summary>
    public FaultScenario Runs(string job, SimulatedRun run, string worker = "", int task = 0)
    {
        _scripts[$"{worker} {job}/{task}"] = _ => run;
        return this;
    }

    /// <summary>Submits a job of independent tasks.</summary>
    public JobId Submit(string job, int tasks = 1, int retries = 0) => Submit(new JobSpec(job, [.. Enumerable.Range(0, tasks).Select(i => Farm.Task($"t{i}") with { Retries = retries })]));

    public JobId Submit(JobSpec spec)
    {
        Client.Submit(spec);
        return new JobId(spec.Name);
    }

    /// <summary>Lets time pass.</summary>
    public void For(TimeSpan time)
    {
        var end = World.Now + time;
        World.RunUntil(end, static () => false);
    }

    /// <summary>Lets time pass until something is so; it must be so in time.</summary>
    public void Until(Func<bool> condition, TimeSpan atMost)
    {
        World.RunUntil(World.Now + atMost, condition);
        Assert.True(condition(), "it did not come to be in " + atMost + ":\n" + StateFingerprint.Describe(State));
    }

    /// <summary>Until a task runs; gives who runs it.</summary>
    public SimulatedWorker UntilRunning(JobId job, int task = 0, long attempt = 1)
    {
        Until(() => State.FindTask(new TaskId(job, task)) is { Phase: TaskPhase.Running } view && view.Attempt >= attempt && HasStarted(view), TimeSpan.FromMinutes(5));
        return Coordinator.Workers[State.FindTask(new TaskId(job, task))!.Worker!.Value];
    }

    public TaskView Task(JobId job, int task = 0) => State.FindTask(new TaskId(job, task)) ?? Client.TaskEnds[new TaskId(job, task)];

    /// <summary>Until a job has ended; gives its end.</summary>
    public JobView UntilEnded(JobId job)
    {
        Until(() => Client.Ended.ContainsKey(job), TimeSpan.FromMinutes(30));
        return Client.Ended[job];
    }

    /// <summary>Ends what goes wrong; every share must come back and every job end. Then the journal says what happened.</summary>
    public void EndWell() => FarmSimulation.Heal(World, Coordinator);

    public int Count<T>(Func<T, bool>? which = null)
        where T : Event => Events.OfType<T>().Count(which ?? (static _ => true));

    public ImmutableArray<RequeueCause> Requeues() => [.. Events.OfType<AttemptRequeued>().Select(static e => e.Cause)];

    private bool HasStarted(TaskView task) =>
        Coordinator.Workers[task.Worker!.Value].Attempts.Any(a => a.Assignment.Lease == new Lease(task.Execution!.Value, task.Attempt));

    private SimulatedRun ScriptFor(WorkerId worker, Assignment assignment) =>
        (_scripts.GetValueOrDefault($"{worker} {assignment.Task}") ?? _scripts.GetValueOrDefault($" {assignment.Task}"))?.Invoke(assignment) ?? new SimulatedRun(10);
}
