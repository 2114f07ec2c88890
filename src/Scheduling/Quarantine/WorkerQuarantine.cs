using System.Globalization;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.State;
using BuildFarm.Scheduling.Workers;

namespace BuildFarm.Scheduling.Quarantine;

/// <summary>
/// Takes a worker that fails tasks out of use for a while. What counts against it are infrastructure failures that it reports, and
/// failures of tasks that then succeeded elsewhere, in a row and each execution once, so that one bad task is not taken for a bad
/// worker. A success ends the row.
/// <para>
/// What fails everywhere is nobody's fault: of a pool at most half of the workers are in quarantine by this rule. When its term
/// is over a worker takes work again, on probation: the next failure sends it back for twice as long, up to eight times the first
/// term. A new process serves the rest of the term, because a worker that crashes and starts again is no better; an operator may
/// release it at once.
/// </para>
/// </summary>
internal static class WorkerQuarantine
{
    private const int LongestTerm = 8;

    /// <summary>Something was counted against a worker.</summary>
    public static void Judge(Turn turn, WorkerEntry worker)
    {
        var conduct = worker.Conduct;
        var limit = conduct.OnProbation ? 1 : turn.Options.WorkerQuarantineFailures;
        if (worker.IsQuarantined || conduct.Failed.Count < limit || !MayBeSpared(worker))
        {
            return;
        }

        var times = conduct.OnProbation ? "it failed again on probation" : conduct.Failed.Count == 1 ? "it failed a task" : $"it failed {conduct.Failed.Count} tasks in a row";
        var term = turn.Options.WorkerQuarantineTerm * Math.Min(LongestTerm, 1 << Math.Min(conduct.Times, 16));
        turn.Emit(new WorkerQuarantined(worker.Id, $"{times}; the last: {conduct.LastFailure}", turn.Now.Wall, term));
        SetAlarm(turn, worker);
        WorkerLink.RetryAvoiding(turn, worker.Pool);
    }

    /// <summary>Its alarm is set again by a coordinator that comes back.</summary>
    public static void SetAlarm(Turn turn, WorkerEntry worker)
    {
        var rest = worker.Conduct.Since + worker.Conduct.Term - turn.Now.Wall;
        turn.Emit(new QuarantineAlarmSet(worker.Id, turn.Now.Monotonic + Clamp(rest, worker.Conduct.Term)));
    }

    /// <summary>It takes work again.</summary>
    public static void Release(Turn turn, WorkerEntry worker, bool onProbation)
    {
        turn.Emit(new WorkerReleased(worker.Id, onProbation));
        turn.Place(worker);
        WorkerLink.RetryAvoiding(turn, worker.Pool);
    }

    /// <summary>As <c>in quarantine until 12:30 UTC: why</c>.</summary>
    public static string Describe(Conduct conduct) =>
        string.Create(CultureInfo.InvariantCulture, $"in quarantine for {Amounts.Time(conduct.Term)} since {conduct.Since:HH:mm} UTC: {conduct.Reason}");

    private static bool MayBeSpared(WorkerEntry worker)
    {
        var (all, confined) = (0, 0);
        foreach (var other in worker.Pool.Workers)
        {
            all += other.Linked ? 1 : 0;
            confined += other is { Linked: true, IsQuarantined: true } ? 1 : 0;
        }

        return 2 * (confined + 1) <= all;
    }

    /// <summary>A wall clock that was set back must not make a term longer.</summary>
    private static TimeSpan Clamp(TimeSpan rest, TimeSpan term) =>
        rest < TimeSpan.Zero ? TimeSpan.Zero : rest > term ? term : rest;
}
