using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;

namespace BuildFarm.Scheduling;

/// <summary>
/// Decides. Holds no state of its own: the state, the command and the time come in, events and effects go out.
/// </summary>
public sealed class Scheduler
{
    private readonly SchedulerOptions _options;

    /// <summary>Makes a scheduler with these options.</summary>
    public Scheduler(SchedulerOptions options)
    {
        _options = options;
    }

    /// <summary>
    /// Executes one command. Each event is applied to <paramref name="state"/> before <paramref name="emit"/> sees it, so that the
    /// next decision of the same command sees what the last one took; <paramref name="emit"/> only records.
    /// </summary>
    /// <param name="state">Changed in place, only by events.</param>
    /// <param name="command">What happened.</param>
    /// <param name="now">The time of the command.</param>
    /// <param name="emit">Gets the events in order, those that are not durable included.</param>
    /// <returns>What to do outside, in order, once the durable events are.</returns>
    public IReadOnlyList<Effect> Execute(SchedulerState state, Command command, SchedulerTime now, Action<Event> emit)
    {
        throw new NotSupportedException();
    }

    /// <summary>
    /// When the loop must send Tick at the latest, on the monotonic clock; null when nothing is due. Changes with every command.
    /// </summary>
    public TimeSpan? NextDeadline(SchedulerState state) => throw new NotSupportedException();
}
