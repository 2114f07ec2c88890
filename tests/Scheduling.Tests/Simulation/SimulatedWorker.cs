using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>A worker as the protocol wants it: reconciles what it has with what is desired, and says everything at each heartbeat.</summary>
internal sealed partial class SimulatedWorker
{
    private readonly World _world;
    private readonly SimulatedCoordinator _coordinator;
    private readonly Dictionary<Lease, SimulatedAttempt> _attempts = [];
    private readonly HashSet<Lease> _parents = [];
    private readonly double _slowness;
    private readonly bool _tellsProgress;
    private int _incarnation = 1;
    private bool _alive = true;
    private bool _draining;
    private bool _evicted;
    private long _appliedRevision;
    private SimulatedStream? _stream;
    private TimeSpan _heardAt;
    private TimeSpan _beatAt;
    private TimeSpan _connectedAt;

    public SimulatedWorker(World world, SimulatedCoordinator coordinator, string id, WorkerOffer offer)
    {
        _world = world;
        _coordinator = coordinator;
        _slowness = world.Chance(world.Options.SlowWorkers) ? 10 : 1;
        _tellsProgress = !world.Chance(world.Options.SilentOnProgress);
        Id = new WorkerId(id);
        Offer = offer;
        _world.After(_world.Seconds(5), Connect);
        _world.After(_world.Seconds(2), Beat);
        _world.After(_world.Seconds(1), Suffer);
    }

    public WorkerId Id { get; }

    public WorkerOffer Offer { get; }

    /// <summary>What attempts do, when a test says it and chance does not.</summary>
    public Func<Assignment, SimulatedRun>? Script { get; set; }

    /// <summary>Every success that really happened here, by lease.</summary>
    public HashSet<Lease> Successes { get; } = [];

    /// <summary>Every lease that it was ever told of.</summary>
    public HashSet<Lease> HeardOf { get; } = [];

    /// <summary>What runs here and was told to end, or not told.</summary>
    public IReadOnlyCollection<SimulatedAttempt> Attempts => _attempts.Values;

    public int Incarnation => _incarnation;

    public bool IsLinked => _stream is { Broken: false };

    public bool IsIdle => _attempts.Count == 0;

    public override string ToString() => $"{Id}/{_incarnation} [{string.Join(' ', _attempts.Values)}]";

    /// <summary>What really runs here must be held by the scheduler: a share that is in use is not free.</summary>
    public void Check(WorkerEntry believed)
    {
        if (!string.Equals(believed.Incarnation, $"{_incarnation}", StringComparison.Ordinal))
        {
            return;
        }

        foreach (var lease in _attempts.Values.Where(static a => a.Completion is null).Select(static a => a.Assignment.Lease))
        {
            // One that was forgotten and comes back with what it had is out of service until it has ended that, and nothing else is excused.
            var excused = believed.Evicted.Length > 0 && _coordinator.HasForgotten(Id, lease);
            Must.Hold(excused || believed.Find(lease) is { IsCharged: true }, $"{Id} still has {lease}, and its share is free");
        }
    }

    /// <summary>The coordinator's desired state arrives.</summary>
    public void Receive(SimulatedStream stream, DesiredState desired, TimeSpan answers)
    {
        if (!_alive || !ReferenceEquals(stream, _stream) || _cut.In)
        {
            return;
        }

        if (IsPaused)
        {
            AfterPause(() => Receive(stream, desired, answers));
            return;
        }

        _world.Log?.WriteLine($"{_world.Now:g} {this} hears {desired.Revision}: {string.Join(' ', desired.Assignments.Select(a => a.Lease))} {desired.Evicted}");
        if (_world.Now - answers >= _world.Options.Scheduler.LeaseDuration)
        {
            return; // It lay in a buffer while this machine stood still, and others may have what it gives.
        }

        _heardAt = answers > _heardAt ? answers : _heardAt;
        if (desired.Revision < _appliedRevision)
        {
            return; // An older one that was overtaken.
        }

        // Only news is answered: answering every answer would never end.
        var isNews = desired.Revision != _appliedRevision;
        _appliedRevision = desired.Revision;
        HeardOf.UnionWith(desired.Assignments.Select(a => a.Lease));
        HearEviction(desired.Evicted.Length > 0);
        Reconcile(desired);
        if (isNews)
        {
            Say();
        }
    }

    /// <summary>The stream broke, and this end noticed.</summary>
    public void Disconnected(SimulatedStream stream)
    {
        if (ReferenceEquals(stream, _stream))
        {
            _stream = null;
            _world.After(0.1 + _world.Seconds(4), Connect);
        }
    }

    /// <summary>Says everything, as at a heartbeat.</summary>
    public void Say()
    {
        if (_stream is not { } stream || _cut.Out || IsPaused)
        {
            return;
        }

        _world.Log?.WriteLine($"{_world.Now:g} {this} says {_appliedRevision}");
        _coordinator.Send(stream, Report(), _world.Now);
    }

    private WorkerReported Report() => new(
        Id, $"{_incarnation}", _draining, _appliedRevision, [.. _attempts.Values.Select(a => a.Report(_tellsProgress))]);

    private void Connect()
    {
        if (IsPaused)
        {
            AfterPause(Connect);
        }
        else if (_alive && _stream is null)
        {
            _stream = new SimulatedStream(this, _incarnation);
            // A stream is no answer: the leases of what runs here go on as they were.
            _connectedAt = _world.Now;
            _appliedRevision = 0;
            if (!_cut.Out)
            {
                _coordinator.Connect(_stream, Report(), _world.Now);
            }

            BreakSoonInALoop(_stream);
        }
    }

    private void Beat()
    {
        _world.After(_world.Options.HeartbeatSeconds, Beat);
        if (!_alive || IsPaused)
        {
            return;
        }

        _beatAt = _world.Now;
        foreach (var attempt in _attempts.Values.Where(a => a is { Completion: null, Stuck: false } && !_wedged))
        {
            attempt.Progress++;
        }

        if (_world.Now - _heardAt > _world.Options.Scheduler.LeaseDuration)
        {
            // The lease is over by its own clock: it ends its tasks. What is complete stays until it was seen.
            foreach (var attempt in _attempts.Values.Where(static a => a.Completion is null).ToList())
            {
                End(attempt);
            }

            if (_stream is { } silent && _world.Now - _connectedAt > _world.Options.Scheduler.LeaseDuration)
            {
                _coordinator.Break(silent);
                Disconnected(silent);
            }
        }

        Say();
    }

    private void Reconcile(DesiredState desired)
    {
        var wanted = desired.Assignments.Select(a => a.Lease).ToHashSet();
        foreach (var attempt in _attempts.Values.ToList())
        {
            if (!wanted.Contains(attempt.Assignment.Lease))
            {
                End(attempt);
            }
        }

        foreach (var assignment in desired.Assignments)
        {
            if (!_draining && !_attempts.ContainsKey(assignment.Lease))
            {
                Start(assignment);
            }
        }
    }
}
