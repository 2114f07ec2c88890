using BuildFarm.Scheduling.Commands;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>
/// No job and no task goes on past its deadline. While a coordinator lives its monotonic clock counts, whatever the other does; one
/// that comes back knows only the wall clock.
/// </summary>
internal sealed class DeadlineAuditor
{
    private readonly Dictionary<JobId, TimeSpan> _began = [];

    public void Began(JobId job, SchedulerTime now) => _began[job] = now.Monotonic;

    public void Check(SchedulerState state, Command command, SchedulerTime now)
    {
        foreach (var job in state.JobsById.Values)
        {
            if (command is Resume)
            {
                var ago = now.Wall - job.At;
                _began[job.Id] = now.Monotonic - (ago > TimeSpan.Zero ? ago : TimeSpan.Zero);
            }

            var age = now.Monotonic - _began[job.Id];
            Must.Hold(job.Spec.Deadline == TimeSpan.Zero || age < job.Spec.Deadline, $"job {job.Id} goes on {age} after its submit");
            for (var i = 0; i < job.Tasks.Length; i++)
            {
                var deadline = job.Spec.Tasks[i].Deadline;
                Must.Hold(
                    job.Tasks[i].End is not null || deadline == TimeSpan.Zero || age < deadline,
                    $"task {job.Id}/{i} goes on {age} after its submit");
            }
        }
    }
}
