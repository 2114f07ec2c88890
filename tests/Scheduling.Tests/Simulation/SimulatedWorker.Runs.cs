
namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>What attempts do on a worker, and what no two of them may have.</summary>
internal sealed partial class SimulatedWorker
{
    private void Start(Assignment assignment)
    {
        var attempt = DrawAttempt(assignment, Script?.Invoke(assignment) ?? DrawRun(assignment));
        _attempts.Add(assignment.Lease, attempt);
        var used = _attempts.Values.Where(a => a.Completion is null).Aggregate(Resources.None, (sum, a) => sum + a.Uses);
        Must.Hold(used.FitsIn(Offer.Capacity), $"{Id} really runs {used} of {Offer.Capacity}");
        CheckNames(assignment.Lease);
        _world.After(attempt.Run.Seconds * _slowness, () =>
        {
            if (attempt.Parent is { } parent)
            {
                parent.Begin();
            }
            else
            {
                Finish(attempt);
            }
        });
    }

    /// <summary>Children of children have none.</summary>
    private SimulatedAttempt DrawAttempt(Assignment assignment, SimulatedRun run)
    {
        SimulatedAttempt? attempt = null;
        var isParent = !assignment.Task.Job.Value.StartsWith("grandchild", StringComparison.Ordinal) && _world.Chance(_world.Options.Parents);
        return attempt = new SimulatedAttempt(assignment, run)
        {
            Parent = isParent
                ? new SimulatedParent(
                    _world,
                    _coordinator,
                    assignment,
                    () => attempt is { Dying: false } && _attempts.TryGetValue(assignment.Lease, out var current) && ReferenceEquals(current, attempt),
                    () => Finish(attempt!))
                : null,
            IsSecondRun = isParent ? !_parents.Add(assignment.Lease) : _parents.Contains(assignment.Lease),
        };
    }

    private void Finish(SimulatedAttempt attempt)
    {
        var lease = attempt.Assignment.Lease;
        if (attempt.Dying || attempt.Completion is not null || !_attempts.TryGetValue(lease, out var current) || !ReferenceEquals(current, attempt))
        {
            return;
        }

        if (IsPaused || _wedged || attempt.Stuck)
        {
            _world.After(1, () => Finish(attempt));
            return;
        }

        if (attempt.Run.KillsWorker)
        {
            Crash();
            return;
        }

        var outcome = GivesBack() ? Outcome.Cancelled : attempt.Run.Outcome;
        attempt.Completion = outcome is Outcome.Success or Outcome.Failure
            ? new CompletionReport(outcome, attempt.Run.ExitCode, new ResultHandle($"{lease} by {Id}"))
            : new CompletionReport(outcome, Message: "simulated") { InputsMissing = _world.Options.Infrastructure > 0 && _world.Random.Next(4) == 0 };
        if (outcome == Outcome.Success)
        {
            Successes.Add(lease);
        }

        Say();
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
            _world.After(_world.Seconds(_world.Options.MaxDyingSeconds), () => Die(attempt, incarnation));
        }
    }

    private void Die(SimulatedAttempt attempt, int incarnation)
    {
        if (incarnation != _incarnation)
        {
            return;
        }

        if (IsPaused || _wedged || attempt.Stuck)
        {
            _world.After(1, () => Die(attempt, incarnation));
        }
        else if (_attempts.Remove(attempt.Assignment.Lease))
        {
            Say();
        }
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
            foreach (var running in other._attempts.Values.Where(a => a.Completion is null && a.Assignment.Lease != lease && MustBeKnown(other, a)))
            {
                var both = _coordinator.Exclusive.GetValueOrDefault(running.Assignment.Lease) is { IsDefault: false } held ? names.Intersect(held).FirstOrDefault() : null;
                Must.Hold(both is null, $"{lease} on {Id} and {running} on {other.Id} both have {both}");
            }
        }
    }

    /// <summary>
    /// A worker that was forgotten has had its lease and the time to end its attempts: none of them runs on, but on a machine that stands still
    /// or that cannot end it.
    /// </summary>
    private bool MustBeKnown(SimulatedWorker other, SimulatedAttempt attempt) =>
        _coordinator.Knows(other.Id, attempt.Assignment.Lease) || (!attempt.Dying && !other.IsBehind);

    private SimulatedRun DrawRun(Assignment assignment)
    {
        var random = _world.Random;
        var seconds = 0.1 + _world.Seconds(12);
        var stuck = _world.Chance(_world.Options.Stuck);
        if (assignment.Action.Key == $"action{_world.Options.KillerAction}")
        {
            return new SimulatedRun(seconds) { KillsWorker = true };
        }

        if (Id.Value == $"worker{_world.Options.BadWorker}" || _world.Chance(_world.Options.Infrastructure))
        {
            return new SimulatedRun(seconds, random.Next(3) == 0 ? Outcome.Cancelled : Outcome.Infrastructure) { Stuck = stuck };
        }

        Outcome[] bad = [Outcome.Failure, Outcome.Timeout, Outcome.OutOfMemory, Outcome.ResourceLimit];
        return new SimulatedRun(seconds, _world.Chance(_world.Options.Failure) ? bad[random.Next(bad.Length)] : Outcome.Success) { Stuck = stuck };
    }
}
