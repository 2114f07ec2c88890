using System.Collections.Immutable;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>The streams of the workers, as a coordinator sees them.</summary>
internal sealed partial class SimulatedCoordinator
{
    private readonly HashSet<(WorkerId Worker, Lease Lease)> _given = [];
    private readonly HashSet<(WorkerId Worker, Lease Lease)> _forgotten = [];

    /// <summary>A worker opens a stream; its first message says what it has.</summary>
    public void Connect(SimulatedStream stream, WorkerReported first, TimeSpan clock) => _world.After(_world.Seconds(_world.Options.MaxDelaySeconds), () =>
    {
        var older = _streams.GetValueOrDefault(stream.Worker.Id);
        if (stream.Broken || (older is not null && older.Incarnation > stream.Incarnation))
        {
            stream.Worker.Disconnected(stream);
            return;
        }

        _streams[stream.Worker.Id] = stream;
        stream.Heard(clock);
        Post(new WorkerLinked(stream.Worker.Id, $"{stream.Incarnation}", stream.Worker.Offer)
        {
            HasAttempts = first.Attempts.Any(static a => a.Phase != AttemptPhase.Completed),
        });
        if (ReferenceEquals(_streams.GetValueOrDefault(stream.Worker.Id), stream))
        {
            Post(first);
            SendDesired(stream.Worker.Id);
        }
    });

    /// <summary>A message of a worker: may be lost, late, repeated, overtaken.</summary>
    public void Send(SimulatedStream stream, WorkerReported report, TimeSpan clock) => Deliver(() =>
    {
        if (!stream.Broken && ReferenceEquals(_streams.GetValueOrDefault(report.Worker), stream))
        {
            stream.Heard(clock);
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
                InThisLife(_world.Seconds(_world.Options.MaxUnlinkDelaySeconds), () => unlinked);
            }
        });
    }

    private void NoteLease(Event change)
    {
        switch (change)
        {
            case AttemptStarted started:
                Exclusive[started.Lease] = State.Executions[started.Lease.Execution].Exclusive;
                _given.Add((started.Worker, started.Lease));
                break;
            case CopyStarted started:
                _given.Add((started.Worker, started.Lease));
                break;
            case WorkerForgotten forgotten:
                _forgotten.UnionWith(_given.Where(given => given.Worker == forgotten.Worker));
                break;
        }
    }

    private void SendDesired(WorkerId worker)
    {
        if (_streams.TryGetValue(worker, out var stream)
            && State.DesiredStateFor(worker) is { } desired
            && string.Equals(desired.Incarnation, $"{stream.Incarnation}", StringComparison.Ordinal))
        {
            var answers = stream.NewestClock;
            Deliver(() =>
            {
                if (!stream.Broken)
                {
                    stream.Worker.Receive(stream, desired, answers);
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
}
