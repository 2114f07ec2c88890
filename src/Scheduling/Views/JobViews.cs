using System.Collections.Immutable;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Views;

/// <summary>Makes views of jobs and tasks.</summary>
internal static class JobViews
{
    public static JobView Of(JobEntry job, bool withTasks)
    {
        var tasks = ImmutableArray<TaskView>.Empty;
        if (withTasks)
        {
            var builder = ImmutableArray.CreateBuilder<TaskView>(job.Tasks.Length);
            for (var i = 0; i < job.Tasks.Length; i++)
            {
                builder.Add(Of(new TaskRef(job, i)));
            }

            tasks = builder.MoveToImmutable();
        }

        return new JobView(job.Id, job.Spec, job.At, FinishedAt: null, job.Cancelling, job.Counts, tasks) { CancelReason = job.CancelReason };
    }

    public static TaskView Of(TaskRef task)
    {
        ref var entry = ref task.Entry;
        var (id, name, phase) = (task.Id, task.Spec.Name, PhaseOf(entry));
        if (entry.End is { } end)
        {
            return new TaskView(id, name, phase)
            {
                Outcome = end.Outcome,
                ExitCode = end.ExitCode,
                Origin = end.Origin,
                Execution = end.Execution,
                Attempt = end.Attempt,
                Worker = end.Worker,
                Message = end.Message,
                Action = end.Action,
                Result = end.Result,
                Usage = end.Usage,
                Charges = end.Charges,
                QueuedAt = end.QueuedAt,
                StartedAt = end.StartedAt,
                FinishedAt = end.At,
            };
        }

        return entry.Execution is not { } execution ? new TaskView(id, name, phase) : new TaskView(id, name, phase)
        {
            Execution = execution.Id,
            Attempt = execution.Live?.Lease.Epoch ?? execution.Epoch,
            Worker = execution.Worker?.Id ?? execution.LastWorker,
            Message = execution.Copy is { } copy ? $"takes long: a second attempt runs on {copy.Worker.Id}" : execution.LastMessage,
            Action = execution.Action,
            Charges = execution.Charges,
            QueuedAt = execution.QueuedAt,
            StartedAt = execution.Live?.StartedAt ?? execution.StartedAt,
        };
    }

    public static TaskPhase PhaseOf(in TaskEntry task) => task.Step switch
    {
        TaskStep.Waiting => TaskPhase.Waiting,
        TaskStep.Finished => TaskPhase.Finished,
        TaskStep.Bound when task.Execution!.Phase is ExecutionPhase.Queued or ExecutionPhase.Claiming => TaskPhase.Queued,
        TaskStep.Bound when task.Execution!.Phase == ExecutionPhase.Running => TaskPhase.Running,
        _ => TaskPhase.Resolving,
    };
}
