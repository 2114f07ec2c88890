using BuildFarm.Scheduling;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.Journal;

/// <summary>A job in a replay.</summary>
/// <param name="View">As it ended, or as it is.</param>
/// <param name="Request">As submitted.</param>
/// <param name="At">When it ended; no time when it has not.</param>
/// <param name="FindResult">What its tasks' result handles stand for.</param>
/// <param name="AttemptsOf">Attempts of its tasks that have no result.</param>
public sealed record ReplayedJob(
    JobView View, SubmitJobRequest Request, DateTimeOffset At, Func<ResultHandle, Completion?> FindResult, Func<TaskView, IReadOnlyList<TaskAttempt>> AttemptsOf);
