using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.State;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>A worker as the protocol wants it: reconciles what it has with what is desired, and says everything at each heartbeat.</summary>
internal sealed class SimulatedWorker
{
    private readonly World _world;
    private readonly SimulatedCoordinator _coordinator;
    private readonly Dictionary<Lease, SimulatedAttempt> _attempts = [];
    private readonly double _pace;
    private int _incarnation = 1;
    private bool _alive = true;
    private bool _draining;
    private long _appliedRevision;
    private SimulatedStream? _stream;
    private TimeSpan _heardAt;
    private (bool Out, bool In) _cut;

    public SimulatedWorker(World world, SimulatedCoordinator coordinator, string id, WorkerOffer offer)
    {
        _world = world;
        _coordinator = coordinator;
        Id = new WorkerId(id);
        Offer = offer;
        _pace = world.Chance(world.Options.Slow) ? 10 : 1;
        _world.After(_world.Seconds(5), Connect);
        _world.After(_world.Seconds(2), Beat);
        _world.After(_world.Seconds(1), Suffer);
    }

    public WorkerId Id { get; }

    public WorkerOffer Offer { get; }

    /// <summary>Every success that really happened here, by lease.</summary>
    public HashSet<Lease> Successes { get; } = [];

    /// <summary>Every lease that it was ever told of.</summary>
    public HashSet<Lease> HeardOf { get; } = [];

    public bool IsIdle => _attempts.Count == 0;

    public override string ToString() => $"{Id}/{_incarnation} [{string.Join(' ', _attempts.Values)}]";

    /// <summary>Ends every trouble of this worker.</summary>
    public void Heal()
    {
        _cut = default;
        _draining = false;
        if (!_alive)
        {
            Restart();
        }
    }

    /// <summary>What really runs here must be held by the scheduler: a share that is in use is not free.</summary>
    public void Check(WorkerEntry believed)
    {
        if (!string.Equals(believed.Incarnation, $"{_incarnation}", StringComparison.Ordinal))
        {
            return;
        }

        foreach (var attempt in _attempts.Values.Where(static a => a.Completion is null))
        {
            Assert.True(
                believed.Find(attempt.Assignment.Lease) is { IsCharged: true },
                $"{Id} still has {attempt.Assignment.Lease}, and its share is free");
        }
    }

    /// <summary>The coordinator's desired state arrives.</summary>
    public void Receive(SimulatedStream stream, DesiredState desired)
    {
        if (!_alive || !ReferenceEquals(stream, _stream) || _cut.In)
        {
            return;
        }

        _world.Log?.WriteLine($"{_world.Now:g} {this} hears {desired.Revision}: {string.Join(' ', desired.Assignments.Select(a => a.Lease))}");
        _heardAt = _world.Now;
        if (desired.Revision < _appliedRevision)
        {
            return; // An older one that was overtaken.
        }

        // Only news is answered: answering every answer would never end.
        var isNews = desired.Revision != _appliedRevision;
        _appliedRevision = desired.Revision;
        HeardOf.UnionWith(desired.Assignments.Select(a => a.Lease));
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

    private void Connect()
    {
        if (_alive && _stream is null)
        {
            _stream = new SimulatedStream(this, _incarnation);
            _heardAt = _world.Now;
            _appliedRevision = 0;
            _coordinator.Connect(_stream);
            Say();
        }
    }

    private void Beat()
    {
        _world.After(2, Beat);
        if (!_alive)
        {
            return;
        }

        if (_world.Now - _heardAt > TimeSpan.FromSeconds(30))
        {
            // The lease is over by its own clock: it ends its tasks and tries a new stream. What is complete stays until it was seen.
            foreach (var attempt in _attempts.Values.Where(static a => a.Completion is null).ToList())
            {
                End(attempt);
            }

            if (_stream is { } silent)
            {
                _coordinator.Break(silent);
                Disconnected(silent);
            }
        }

        Say();
    }

    private void Say()
    {
        if (_stream is not { } stream || _cut.Out)
        {
            return;
        }

        _world.Log?.WriteLine($"{_world.Now:g} {this} says {_appliedRevision}");
        _coordinator.Send(stream, new WorkerReported(
            Id, $"{_incarnation}", _draining, _appliedRevision, [.. _attempts.Values.Select(a => a.Report)]));
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

    private void Start(Assignment assignment)
    {
        var attempt = new SimulatedAttempt(assignment);
        _attempts.Add(assignment.Lease, attempt);
        var used = _attempts.Values.Where(a => a.Completion is null).Aggregate(Resources.None, (sum, a) => sum + a.Assignment.Resources);
        Assert.True(used.FitsIn(Offer.Capacity), $"{Id} really runs {used} of {Offer.Capacity}");
        CheckNames(assignment.Lease);
        _world.After(0.1 + (_pace * _world.Seconds(12)), () =>
        {
            if (assignment.Action.Key == $"action{_world.Options.KillerAction}" && _attempts.ContainsValue(attempt) && !attempt.Dying)
            {
                Crash();
            }
            else
            {
                Finish(attempt);
            }
        });
    }

    /// <summary>Whatever leases say: what really runs anywhere has nothing that only one may have.</summary>
    private void CheckNames(Lease lease)
    {
        if (_coordinator.Exclusive.GetValueOrDefault(lease) is not { IsDefaultOrEmpty: false } names)
        {
            return;
        }

        foreach (var other in _coordinator.Workers.Values)
        {
            foreach (var running in other._attempts.Values.Where(a => a.Completion is null && a.Assignment.Lease != lease))
            {
                var both = _coordinator.Exclusive.GetValueOrDefault(running.Assignment.Lease) is { IsDefault: false } held ? names.Intersect(held).FirstOrDefault() : null;
                Assert.True(both is null, $"{lease} on {Id} and {running} on {other.Id} both have {both}");
            }
        }
    }

    private void Finish(SimulatedAttempt attempt)
    {
        var lease = attempt.Assignment.Lease;
        if (attempt.Dying || !_attempts.TryGetValue(lease, out var current) || !ReferenceEquals(current, attempt))
        {
            return;
        }

        attempt.Completion = Outcome() switch
        {
            Scheduling.Outcome.Success => new CompletionReport(Scheduling.Outcome.Success, 0, new ResultHandle($"{lease} by {Id}")),
            Scheduling.Outcome.Failure => new CompletionReport(Scheduling.Outcome.Failure, 1, new ResultHandle($"{lease} by {Id}")),
            var other => new CompletionReport(other, Message: "simulated") { InputsMissing = _world.Random.Next(4) == 0 },
        };
        if (attempt.Completion.Outcome == Scheduling.Outcome.Success)
        {
            Successes.Add(lease);
        }

        Say();
    }

    private Outcome Outcome()
    {
        var random = _world.Random;
        if (_draining && _world.Options.Drain > 0 && random.Next(3) == 0)
        {
            return Scheduling.Outcome.Cancelled;
        }

        if (Id.Value == $"worker{_world.Options.BadWorker}" || _world.Chance(_world.Options.Infrastructure))
        {
            return random.Next(3) == 0 ? Scheduling.Outcome.Cancelled : Scheduling.Outcome.Infrastructure;
        }

        Outcome[] bad = [Scheduling.Outcome.Failure, Scheduling.Outcome.Timeout, Scheduling.Outcome.OutOfMemory, Scheduling.Outcome.ResourceLimit];
        return _world.Chance(_world.Options.Failure) ? bad[random.Next(bad.Length)] : Scheduling.Outcome.Success;
    }

    private void End(SimulatedAttempt attempt)
    {
        if (attempt.Completion is not null)
        {
            _attempts.Remove(attempt.Assignment.Lease);
        }
        else if (!attempt.Dying)
        {
            attempt.Dying = true;
            var incarnation = _incarnation;
            _world.After(_world.Seconds(_world.Options.MaxDyingSeconds), () =>
            {
                if (incarnation == _incarnation && _attempts.Remove(attempt.Assignment.Lease))
                {
                    Say();
                }
            });
        }
    }

    private void Suffer()
    {
        _world.After(1, Suffer);
        var options = _world.Options;
        if (_alive && _world.Chance(options.WorkerCrash))
        {
            Crash();
        }
        else if (_stream is { } stream && _world.Chance(options.StreamBreak))
        {
            _coordinator.Break(stream);
            _world.After(_world.Seconds(10), () => Disconnected(stream));
        }
        else if (_world.Chance(options.OneWayPartition))
        {
            _cut = _world.Random.Next(2) == 0 ? (true, false) : (false, true);
            _world.After(_world.Seconds(60), () => _cut = default);
        }
        else if (_world.Chance(options.Drain))
        {
            _draining = !_draining;
            Say();
        }
    }

    private void Crash()
    {
        _alive = false;
        _attempts.Clear();
        if (_stream is { } stream)
        {
            _coordinator.Break(stream);
        }

        _stream = null;
        _world.After(_world.Seconds(60), Restart);
    }

    private void Restart()
    {
        if (!_alive)
        {
            _alive = true;
            _incarnation++;
            _attempts.Clear();
            _draining = false;
            Connect();
        }
    }
}
