using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>A worker that is heard and does not get on is evicted in time, and no other is.</summary>
internal sealed class EvictionAuditor(SchedulerOptions options)
{
    private readonly Dictionary<(WorkerId Worker, Lease Lease), Watch> _watched = [];

    /// <summary>There was a reason.</summary>
    public void Check(WorkerEvicted evicted, Command command, TimeSpan now)
    {
        if (command is WorkerLinked { HasAttempts: true })
        {
            return;
        }

        var reason = _watched.Any(pair => pair.Key.Worker == evicted.Worker && now - pair.Value.Since >= TimeFor(pair.Value.State));
        Must.Hold(reason, $"{evicted.Worker} got on and is evicted: {evicted.Reason}");
    }

    /// <summary>After a command with these events.</summary>
    public void Check(SchedulerState state, Command command, List<Event> events, bool startsAgain, TimeSpan now)
    {
        var seen = new HashSet<(WorkerId, Lease)>();
        foreach (var worker in state.WorkersById.Values)
        {
            var report = command is WorkerReported r && r.Worker == worker.Id && r.Incarnation == worker.Incarnation ? r : null;
            var counts = worker is { Linked: true, Lost: false, Evicted.Length: 0 };
            // Its lease may run out in the command that brings it back.
            var wasAway = events.OfType<WorkerExpired>().Any(expired => expired.Worker == worker.Id);
            foreach (var holding in worker.Holdings)
            {
                var key = (worker.Id, holding.Lease);
                // What is to end may get on as far as it likes.
                var told = holding.State != HoldingState.Live ? 0 : report?.Attempts.FirstOrDefault(a => a.Lease == holding.Lease)?.Progress ?? 0;
                var watch = _watched.GetValueOrDefault(key);
                if (watch is null || watch.State != holding.State || told > watch.Progress || startsAgain)
                {
                    watch = new Watch(holding.State, command is Resume ? 0 : Math.Max(told, watch?.Progress ?? 0), now, now);
                }

                // Its time may begin again when it is back.
                watch = watch with { Heard = !counts ? null : wasAway ? now : watch.Heard ?? now };
                _watched[key] = watch;
                seen.Add(key);
                var isWatched = counts && (holding.State == HoldingState.Ending || (holding.State == HoldingState.Live && watch.Progress > 0));
                Must.Hold(!isWatched || now - watch.Heard!.Value < TimeFor(watch.State), $"{worker.Id} has not got on with {holding.Lease} since {watch.Heard} and is in service");
            }
        }

        foreach (var gone in _watched.Keys.Where(key => !seen.Contains(key)).ToList())
        {
            _watched.Remove(gone);
        }
    }

    private TimeSpan TimeFor(HoldingState state) => state == HoldingState.Live ? options.ProgressTimeout : options.KillGrace;

    /// <param name="State">What the attempt is to its worker.</param>
    /// <param name="Progress">The furthest that was told.</param>
    /// <param name="Since">When it got on last.</param>
    /// <param name="Heard">The same, or when the worker came back after it; null while it is away.</param>
    private sealed record Watch(HoldingState State, long Progress, TimeSpan Since, TimeSpan? Heard);
}
