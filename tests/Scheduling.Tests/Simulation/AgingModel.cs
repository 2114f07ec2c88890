using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>
/// How old what waits has grown, by shape and priority: after each interval in which nothing of it started it is a step older, until it
/// stands before the highest priority that waits.
/// </summary>
internal sealed class AgingModel(SchedulerOptions options)
{
    private readonly Dictionary<BandKey, Band> _bands = [];

    /// <summary>What a coordinator that has come back begins with; it looks at all of it in its first command.</summary>
    public void Adopt(SchedulerState state)
    {
        _bands.Clear();
        foreach (var execution in Queued(state))
        {
            _bands[KeyOf(execution)] = new Band { Age = execution.Place!.Band.Age, LookedAt = TimeSpan.MaxValue, Only = (execution.Id, execution.Flow) };
        }
    }

    /// <summary>Steps of an execution that waits.</summary>
    public int AgeOf(ExecutionEntry execution) => _bands.TryGetValue(KeyOf(execution), out var band) ? band.Age : 0;

    public void Apply(SchedulerState state, Event change, TimeSpan now)
    {
        switch (change)
        {
            case BandAged aged:
                var old = BandOf(state, aged.Execution);
                Must.Hold(!old.Started && now - old.LookedAt >= options.AgingInterval, $"{aged.Execution} grew older after {now - old.LookedAt}");
                old.Age++;
                old.HasAged = true;
                break;
            case AgingSet set:
                Look(state, set, now);
                break;
            case AttemptStarted started when _bands.TryGetValue(KeyOf(state.Executions[started.Lease.Execution]), out var band):
                (band.Age, band.Started) = (0, true);
                break;
        }

        Follow(state, now);
    }

    /// <summary>After a command: nothing that waits was forgotten.</summary>
    public void Check(TimeSpan now)
    {
        foreach (var (key, band) in _bands)
        {
            Must.Hold(
                band.LookedAt != TimeSpan.MaxValue && now - band.LookedAt < options.AgingInterval,
                $"what waits with {key} has started nothing, and nobody has looked at it since {band.LookedAt}");
        }
    }

    private void Look(SchedulerState state, AgingSet set, TimeSpan now)
    {
        var execution = state.Executions[set.Execution];
        var band = BandOf(state, set.Execution);
        var highest = Queued(state).Max(static other => other.Flow.Level.Priority);
        var priority = execution.Flow.Level.Priority;
        var isDue = band.LookedAt != TimeSpan.MaxValue && now - band.LookedAt >= options.AgingInterval;
        var wasOld = band.Age - (band.HasAged ? 1 : 0);
        Must.Hold(
            band.HasAged == (isDue && !band.Started && priority < highest && priority + wasOld <= highest),
            $"{execution.Id} of priority {priority}, {wasOld} steps old, {(band.HasAged ? "grew older" : "did not grow older")} {now - band.LookedAt} after the last look, with {highest} waiting");
        (band.LookedAt, band.Started, band.HasAged) = (now, false, false);
    }

    /// <summary>Bands are there as long as something waits in them.</summary>
    private void Follow(SchedulerState state, TimeSpan now)
    {
        var there = Queued(state).GroupBy(KeyOf).ToDictionary(static band => band.Key, static band => band.ToList());
        foreach (var gone in _bands.Keys.Where(key => !there.ContainsKey(key)).ToList())
        {
            _bands.Remove(gone);
        }

        foreach (var (key, executions) in there)
        {
            var only = executions.Count == 1 ? (executions[0].Id, executions[0].Flow) : default;
            // What stood alone and counts with another job since has begun to wait again.
            var isNew = !_bands.TryGetValue(key, out var band)
                || (only.Flow is not null && band.Only.Execution == only.Id && band.Only.Flow is not null && !ReferenceEquals(band.Only.Flow, only.Flow));
            if (isNew)
            {
                _bands[key] = band = new Band { LookedAt = now };
            }

            band!.Only = only;
        }
    }

    private Band BandOf(SchedulerState state, ExecutionId execution) => _bands[KeyOf(state.Executions[execution])];

    private static IEnumerable<ExecutionEntry> Queued(SchedulerState state) => state.Executions.Values.Where(static e => e.Phase == ExecutionPhase.Queued);

    private static BandKey KeyOf(ExecutionEntry execution) => new(
        execution.Shape.Platform,
        execution.Shape.Asked,
        execution.Shape.OfChildren,
        execution.Avoid is { } avoid ? $"{avoid.Alone} {string.Join(',', avoid.Workers.ToArray())}" : "",
        execution.Flow.Level.Priority);

    private sealed record BandKey(Platform Platform, Resources Asked, bool OfChildren, string Avoid, int Priority);

    private sealed class Band
    {
        public int Age { get; set; }

        public TimeSpan LookedAt { get; set; }

        public bool Started { get; set; }

        public bool HasAged { get; set; }

        /// <summary>The one that waits, and what it counts with; nothing when there are more.</summary>
        public (ExecutionId Execution, Flow? Flow) Only { get; set; }
    }
}
