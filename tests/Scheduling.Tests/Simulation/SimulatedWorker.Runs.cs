using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>What attempts do on a worker, and what no two of them may have.</summary>
internal sealed partial class SimulatedWorker
{
    /// <summary>Whatever leases say: what really runs anywhere has nothing that only one may have.</summary>
    private void CheckNames(Lease lease)
    {
        if (_coordinator.Exclusive.GetValueOrDefault(lease) is not { IsDefaultOrEmpty: false } names)
        {
            return;
        }

        foreach (var other in _coordinator.Workers.Values)
        {
            foreach (var running in other._attempts.Values.Where(a => a.Completion is null && a.Assignment.Lease != lease && _coordinator.Knows(other.Id, a.Assignment.Lease)))
            {
                var both = _coordinator.Exclusive.GetValueOrDefault(running.Assignment.Lease) is { IsDefault: false } held ? names.Intersect(held).FirstOrDefault() : null;
                Assert.True(both is null, $"{lease} on {Id} and {running} on {other.Id} both have {both}");
            }
        }
    }

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
