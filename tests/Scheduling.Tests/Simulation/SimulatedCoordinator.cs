using System.Collections.Immutable;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Invariants;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>
/// The loop around the scheduler: executes commands in order, keeps a journal, carries out effects over a network that loses and
/// repeats, dies at a flush and comes back with what the journal has.
/// </summary>
internal sealed partial class SimulatedCoordinator
{
    /// <summary>To explain every task costs more than a command.</summary>
    private const int CommandsAnExplanation = 4;

    private readonly World _world;
    private readonly Scheduler _scheduler;
    private readonly Dictionary<WorkerId, SimulatedStream> _streams = [];
    private readonly Dictionary<ActionId, ResultHandle> _cache = [];
    private readonly JournalAuditor _auditor;
    private readonly DecisionAuditor _decisions;
    private readonly SimulatedFamilies _families = new();
    private readonly Queue<Command> _waiting = new();
    private DeclarePools _pools;
    private TimeSpan _pausedUntil;
    private TimeSpan? _timer;
    private int _life;
    private long _commands;

    public SimulatedCoordinator(World world, SchedulerOptions options, DeclarePools pools)
    {
        _world = world;
        _scheduler = new Scheduler(options);
        _pools = pools;
        AllPools = pools;
        _auditor = new JournalAuditor(options);
        _decisions = new DecisionAuditor(options);
        Journal = new SimulatedJournal(world, _auditor);
        CrashPlan = DrawCrash;
        Execute(pools);
        _world.After(_world.Seconds(1), Suffer);
    }

    public SchedulerState State { get; private set; } = new();

    public SimulatedJournal Journal { get; }

    public Dictionary<WorkerId, SimulatedWorker> Workers { get; } = [];

    /// <summary>What no two attempts may have at once, of every lease that was given.</summary>
    public Dictionary<Lease, ImmutableArray<string>> Exclusive { get; } = [];

    public SimulatedClient? Client { get; set; }

    /// <summary>Entries of the action cache, by action.</summary>
    public IReadOnlyDictionary<ActionId, ResultHandle> Cache => _cache;

    /// <summary>A command arrives from beside: a client, an answer to an effect.</summary>
    public void Post(Command command)
    {
        if (_world.Now >= _pausedUntil && _waiting.Count == 0)
        {
            Execute(command);
            return;
        }

        _waiting.Enqueue(command);
        if (_waiting.Count == 1)
        {
            GoOnAfterPause();
        }
    }

    /// <summary>What a worker had that was forgotten is nobody's any more.</summary>
    public bool Knows(WorkerId worker, Lease lease) => State.WorkersById.GetValueOrDefault(worker)?.Find(lease) is not null;

    /// <summary>The worker had this attempt when it was forgotten.</summary>
    public bool HasForgotten(WorkerId worker, Lease lease) => _forgotten.Contains((worker, lease));

    public void SubmitChild(SimulatedParent parent, SubmitJob submit) => Post(_families.Submit(parent, submit));

    /// <summary>A parent calls and waits for its answer.</summary>
    public long WaitForChild(SimulatedParent parent, Lease lease, JobId child, long cpuMillis, TimeSpan bound)
    {
        var call = _families.Call(parent, arrives: _world.Now + TimeSpan.FromSeconds(_world.Seconds(1)));
        _world.After((_families.ArrivalOf(call) - _world.Now).TotalSeconds, () => Post(new WaitForChild(lease, call, child, cpuMillis, bound)));
        return call;
    }

    /// <summary>The caller ends its call; a call that broke is noticed here later, and never before it came.</summary>
    public void EndWait(Lease lease, long call, double noticedAfter = 0)
    {
        _families.Hang(call);
        var noticed = TimeSpan.FromSeconds(Math.Max(noticedAfter, (_families.ArrivalOf(call) - _world.Now).TotalSeconds + 0.001));
        if (noticed > TimeSpan.Zero)
        {
            _world.After(noticed.TotalSeconds, () => Post(new EndWait(lease, call)));
        }
        else
        {
            Post(new EndWait(lease, call));
        }
    }

    private void Execute(Command command)
    {
        var events = new List<Event>();
        _world.Log?.WriteLine($"{_world.Now:g} executes {command}");
        var effects = _scheduler.Execute(State, command, _world.Time, change =>
        {
            events.Add(change);
            NoteLease(change);

            _decisions.Check(State, command, change, _world.Time);
            Lease? missing = change switch
            {
                AttemptRequeued { Cause: RequeueCause.Missing } requeued => requeued.Lease,
                CopyEnded { Cause: RequeueCause.Missing } ended => ended.Lease,
                _ => null,
            };
            if (missing is { } lease)
            {
                var worker = Workers[State.WorkersById.Values.Single(w => w.Find(lease) is not null).Id];
                Must.Hold(worker.HeardOf.Contains(lease), $"{lease} was taken from {worker.Id}, which has not heard of it");
            }
        });
        _decisions.Check(State, command, events, _world.Time, _scheduler.NextDeadline(State));
        CheckState();
        var durable = events.FindAll(static e => e.IsDurable);
        if (durable.TrueForAll(static e => e.MayWait) && effects.All(static e => e is DesiredStateChanged) && _world.Random.Next(2) == 0)
        {
            Journal.Wait(durable);
        }
        else if (durable.Count > 0 && (TearSuperseding(durable) ?? CrashPlan(Journal.Flushes + 1, Journal.CountWith(durable), effects.Count)) is { } crash)
        {
            Die(durable, effects, crash);
            return;
        }
        else if (durable.Count > 0)
        {
            Journal.Flush(durable);
        }

        if (Journal.IsWhole)
        {
            _auditor.Check(State);
        }

        Release(effects);
        SetTimer();
        if (_world.Chance(_world.Options.Snapshot))
        {
            Journal.Snapshot();
        }
    }

    /// <summary>What must be true between two commands.</summary>
    private void CheckState()
    {
        var faults = InvariantChecker.FindViolations(State);
        if (faults.Count > 0)
        {
            _world.Log?.WriteLine(StateFingerprint.Describe(State));
        }

        Assert.True(faults.Count == 0, string.Join("; ", faults));
        foreach (var worker in State.WorkersById.Values)
        {
            Workers[worker.Id].Check(worker);
        }

        if (_commands++ % CommandsAnExplanation == 0)
        {
            ExplanationAuditor.Check(State);
        }
    }

    private void Release(IEnumerable<Effect> effects)
    {
        foreach (var effect in effects)
        {
            _world.Trace(effect.GetType().Name);
            Release(effect);
        }
    }

    private void Release(Effect effect)
    {
        switch (effect)
        {
            case ResolveTask resolve:
                InThisLife(_world.Seconds(1), () => Client!.Resolve(resolve.Task));
                break;
            case LookUpAction lookUp:
                InThisLife(_world.Seconds(1), () => new ActionLookedUp(
                    lookUp.Execution, _cache.TryGetValue(lookUp.Action, out var hit) ? hit : null));
                break;
            case StoreAction store:
                Assert.Contains(store.Lease, Workers[store.Worker].Successes);
                Assert.Equal($"{store.Lease} by {store.Worker}", store.Result.Key);
                _auditor.CheckStored(store);
                _cache[store.Action] = store.Result;
                break;
            case DesiredStateChanged changed:
                SendDesired(changed.Worker);
                break;
            case TaskChanged { Task.Phase: TaskPhase.Finished } changed:
                Client!.TaskEnds[changed.Task.Id] = changed.Task;
                break;
            case SubmitAccepted accepted when _families.Accepted(accepted.Job):
                break;
            case SubmitRefused refused when _families.Refused(refused):
                break;
            case ChildWaitAnswered answered:
                _families.Answered(answered);
                break;
            case SubmitAccepted accepted:
                Client!.Accepted(accepted);
                break;
            case SubmitRefused refused:
                // Until the workers that can run it have come, or what waits has gone.
                Assert.True(refused.Kind is RefusalKind.QueueFull or RefusalKind.Impossible, refused.Reason);
                break;
            case JobFinished finished:
                Assert.Equal(finished.Job.Counts.Submitted, finished.Job.Counts.Finished);
                Client!.Finished(finished.Job);
                break;
            case WorkerRefused refused:
                // Its pool is gone for now, or it is a worker to drain that is gone.
                if (_streams.TryGetValue(refused.Worker, out var stream))
                {
                    Break(stream);
                    _world.After(_world.Seconds(10), () => stream.Worker.Disconnected(stream));
                }

                break;
        }
    }

    private void SetTimer()
    {
        if (_scheduler.NextDeadline(State) is { } due && (_timer is not { } set || due < set))
        {
            _timer = due;
            var life = _life;
            var delay = _world.Options.MaxTimerDelaySeconds;
            _world.After(Math.Max(0, (due - _world.Now).TotalSeconds) + (delay > 0 ? _world.Seconds(delay) : 0), () =>
            {
                if (life == _life)
                {
                    _timer = null;
                    Post(new Tick());
                }
            });
        }
    }
}
