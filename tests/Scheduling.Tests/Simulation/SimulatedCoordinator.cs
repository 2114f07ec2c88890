using System.Collections.Immutable;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Invariants;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>
/// The loop around the scheduler: executes commands in order, keeps a journal, carries out effects over a network that loses and
/// repeats, dies between two events and comes back with what the journal has.
/// </summary>
internal sealed class SimulatedCoordinator
{
    private readonly World _world;
    private readonly Scheduler _scheduler;
    private readonly DeclarePools _pools;
    private readonly Dictionary<WorkerId, SimulatedStream> _streams = [];
    private readonly Dictionary<ActionId, ResultHandle> _cache = [];
    private readonly JournalAuditor _auditor;
    private readonly DecisionAuditor _decisions;
    private readonly Queue<Command> _waiting = new();
    private TimeSpan _pausedUntil;
    private TimeSpan? _timer;

    public SimulatedCoordinator(World world, SchedulerOptions options, DeclarePools pools)
    {
        _world = world;
        _scheduler = new Scheduler(options);
        _pools = pools;
        _auditor = new JournalAuditor(options);
        _decisions = new DecisionAuditor(options);
        Execute(pools);
        _world.After(_world.Seconds(1), Suffer);
    }

    public SchedulerState State { get; private set; } = new();

    public List<Event> Journal { get; } = [];

    public Dictionary<WorkerId, SimulatedWorker> Workers { get; } = [];

    /// <summary>What no two attempts may have at once, of every lease that was given.</summary>
    public Dictionary<Lease, ImmutableArray<string>> Exclusive { get; } = [];

    public SimulatedClient? Client { get; set; }

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

    /// <summary>What came in a pause is taken in the order it came: the loop reads one channel.</summary>
    private void GoOnAfterPause() => _world.After(Math.Max(0, (_pausedUntil - _world.Now).TotalSeconds), () =>
    {
        if (_world.Now < _pausedUntil)
        {
            GoOnAfterPause();
            return;
        }

        while (_waiting.TryDequeue(out var command))
        {
            Execute(command);
        }
    });

    /// <summary>A worker opens a stream.</summary>
    public void Connect(SimulatedStream stream) => _world.After(_world.Seconds(_world.Options.MaxDelaySeconds), () =>
    {
        var older = _streams.GetValueOrDefault(stream.Worker.Id);
        if (stream.Broken || (older is not null && older.Incarnation > stream.Incarnation))
        {
            stream.Worker.Disconnected(stream);
            return;
        }

        _streams[stream.Worker.Id] = stream;
        Post(new WorkerLinked(stream.Worker.Id, $"{stream.Incarnation}", stream.Worker.Offer));
    });

    /// <summary>A message of a worker: may be lost, late, repeated, overtaken.</summary>
    public void Send(SimulatedStream stream, WorkerReported report) => Deliver(() =>
    {
        if (!stream.Broken && ReferenceEquals(_streams.GetValueOrDefault(report.Worker), stream))
        {
            Post(report);
            SendDesired(report.Worker);
        }
    });

    /// <summary>A stream is cut; this end notices after a while, and says so a little later: a newer stream may be linked before.</summary>
    public void Break(SimulatedStream stream)
    {
        stream.Broken = true;
        _world.After(_world.Seconds(20), () =>
        {
            if (ReferenceEquals(_streams.GetValueOrDefault(stream.Worker.Id), stream))
            {
                _streams.Remove(stream.Worker.Id);
                var unlinked = new WorkerUnlinked(stream.Worker.Id, $"{stream.Incarnation}");
                _world.After(_world.Seconds(_world.Options.MaxUnlinkDelaySeconds), () => Post(unlinked));
            }
        });
    }

    private void Execute(Command command)
    {
        var events = new List<Event>();
        _world.Log?.WriteLine($"{_world.Now:g} executes {command}");
        var now = new SchedulerTime(_world.Now, DateTimeOffset.UnixEpoch + _world.Now);
        var effects = _scheduler.Execute(State, command, now, change =>
        {
            events.Add(change);
            _decisions.Check(State, change);
            if (change is AttemptStarted started)
            {
                Exclusive[started.Lease] = State.Executions[started.Lease.Execution].Exclusive;
            }

            Lease? missing = change switch
            {
                AttemptRequeued { Cause: RequeueCause.Missing or RequeueCause.Declined } requeued => requeued.Lease,
                CopyEnded { Cause: RequeueCause.Missing or RequeueCause.Declined } ended => ended.Lease,
                _ => null,
            };
            if (missing is { } lease)
            {
                var worker = Workers[State.WorkersById.Values.Single(w => w.Find(lease) is not null).Id];
                Assert.True(worker.HeardOf.Contains(lease), $"{lease} was taken from {worker.Id}, which has not heard of it");
            }
        });
        _decisions.Check(State, command, events, now.Monotonic, _scheduler.NextDeadline(State));
        var durable = events.FindAll(static e => e.IsDurable);
        if (durable.Count > 0 && _world.Chance(_world.Options.CoordinatorCrash))
        {
            Record(durable.GetRange(0, _world.Random.Next(durable.Count + 1)));
            Restart();
            return;
        }

        Record(durable);
        _auditor.Check(State);
        Release(effects);
    }

    private void Record(List<Event> durable)
    {
        foreach (var change in durable)
        {
            Journal.Add(change);
            _auditor.Add(change);
            _world.Trace(change.ToString());
        }
    }

    private void Release(IReadOnlyList<Effect> effects)
    {
        var faults = InvariantChecker.FindViolations(State);
        Assert.True(faults.Count == 0, string.Join("; ", faults));
        foreach (var worker in State.WorkersById.Values)
        {
            Workers[worker.Id].Check(worker);
        }

        foreach (var effect in effects)
        {
            _world.Trace(effect.GetType().Name);
            Release(effect);
        }

        if (_scheduler.NextDeadline(State) is { } due && (_timer is not { } set || due < set))
        {
            _timer = due;
            _world.After(Math.Max(0, (due - _world.Now).TotalSeconds), () =>
            {
                _timer = null;
                Post(new Tick());
            });
        }
    }

    private void Release(Effect effect)
    {
        switch (effect)
        {
            case ResolveTask resolve:
                _world.After(_world.Seconds(1), () => Post(Client!.Resolve(resolve.Task)));
                break;
            case LookUpAction lookUp:
                _world.After(_world.Seconds(1), () => Post(new ActionLookedUp(
                    lookUp.Execution, _cache.TryGetValue(lookUp.Action, out var hit) ? hit : null)));
                break;
            case StoreAction store:
                Assert.Contains(store.Lease, Workers[store.Worker].Successes);
                Assert.Equal($"{store.Lease} by {store.Worker}", store.Result.Key);
                _cache[store.Action] = store.Result;
                break;
            case DesiredStateChanged changed:
                SendDesired(changed.Worker);
                break;
            case SubmitAccepted accepted:
                Client!.Accepted(accepted);
                break;
            case JobFinished finished:
                Assert.Equal(finished.Job.Counts.Submitted, finished.Job.Counts.Finished);
                break;
            case WorkerRefused refused:
                Assert.Fail(refused.Reason);
                break;
        }
    }

    private void SendDesired(WorkerId worker)
    {
        if (_streams.TryGetValue(worker, out var stream)
            && State.DesiredStateFor(worker) is { } desired
            && string.Equals(desired.Incarnation, $"{stream.Incarnation}", StringComparison.Ordinal))
        {
            Deliver(() =>
            {
                if (!stream.Broken)
                {
                    stream.Worker.Receive(stream, desired);
                }
            });
        }
    }

    private void Deliver(Action action)
    {
        if (_world.Chance(_world.Options.Loss))
        {
            return;
        }

        _world.After(_world.Seconds(_world.Options.MaxDelaySeconds), action);
        if (_world.Chance(_world.Options.Repetition))
        {
            _world.After(_world.Seconds(_world.Options.MaxDelaySeconds * 4), action);
        }
    }

    private void Suffer()
    {
        _world.After(1, Suffer);
        if (_world.Chance(_world.Options.CoordinatorPause))
        {
            _pausedUntil = _world.Now + TimeSpan.FromSeconds(_world.Seconds(90));
        }
    }

    private void RestoreFromSnapshot()
    {
        var replayed = State;
        State = new SchedulerState();
        foreach (var change in replayed.Snapshot(tasksAtOnce: 3))
        {
            State.Apply(change);
        }

        Assert.Equal(StateFingerprint.Describe(replayed), StateFingerprint.Describe(State));
    }

    /// <summary>Dies and comes back: every stream is gone, the state is what the journal gives, the pools are declared again.</summary>
    private void Restart()
    {
        foreach (var stream in _streams.Values)
        {
            stream.Broken = true;
            _world.After(_world.Seconds(10), () => stream.Worker.Disconnected(stream));
        }

        _streams.Clear();
        _timer = null;
        State = new SchedulerState();
        foreach (var change in Journal)
        {
            State.Apply(change);
        }

        if (_world.Random.Next(2) == 0)
        {
            RestoreFromSnapshot();
        }

        _world.Trace("restart");
        Execute(new Resume());
        Execute(_pools);
    }
}
