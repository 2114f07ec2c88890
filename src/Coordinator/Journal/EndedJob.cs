using BuildFarm.Scheduling;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.Journal;

/// <summary>A job that ended in a replay.</summary>
/// <param name="View">As it was when all its tasks had finished.</param>
/// <param name="Request">As submitted.</param>
/// <param name="At">When it ended.</param>
/// <param name="FindResult">What its tasks' result handles stand for.</param>
public sealed record EndedJob(JobView View, SubmitJobRequest Request, DateTimeOffset At, Func<ResultHandle, Completion?> FindResult);
