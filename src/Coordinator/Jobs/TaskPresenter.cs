using BuildFarm.Digests.Trees;
using BuildFarm.Scheduling;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Task = BuildFarm.V1.Task;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>Says what the scheduler knows of a task in the words of buildfarm.v1; the enums have the same numbers.</summary>
public sealed class TaskPresenter(ExecutionNames names)
{
    /// <summary>A snapshot for clients.</summary>
    /// <param name="view">As the scheduler sees it.</param>
    /// <param name="template">As submitted.</param>
    /// <param name="jobPriority">What its job goes by.</param>
    /// <param name="completion">What the view's result handle stands for, when it has one.</param>
    public Task Present(TaskView view, TaskTemplate template, int jobPriority, Completion? completion)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(template);
        var task = Present(template, jobPriority);
        task.State = (TaskState)view.Phase;
        task.Outcome = (V1.Outcome)view.Outcome;
        task.ExitCode = view.ExitCode;
        task.Origin = (V1.ResultOrigin)view.Origin;
        task.Attempt = (int)Math.Min(view.Attempt, int.MaxValue);
        task.Worker = view.Worker?.Value ?? "";
        task.Message = view.Message;
        if (view.Action?.ToKey().Action is { } action)
        {
            (task.ActionDigest, task.DigestFunction) = (action.ToProto(), action.Function.ToProto());
        }

        task.Result = completion?.Result;
        task.Usage = ToProto(view.Usage);
        task.RetriesUsed = view.Charges.TaskFailures;
        task.InfrastructureLosses = view.Charges.InfrastructureLosses;
        task.MemoryBytes = view.Charges.MemoryBytes;
        task.QueuedAt = view.QueuedAt?.ToTimestamp();
        task.StartedAt = view.StartedAt?.ToTimestamp();
        task.FinishedAt = view.FinishedAt?.ToTimestamp();
        if (view.Execution is { } execution && view.Attempt > 0)
        {
            task.StdoutStreamName = names.StdoutOf(execution, view.Attempt);
            task.StderrStreamName = names.StderrOf(execution, view.Attempt);
        }

        return task;
    }

    /// <summary>A task that the scheduler has said nothing of yet: it waits for its needs, and is what was asked for.</summary>
    /// <param name="template">As submitted; nobody changes it.</param>
    /// <param name="jobPriority">What its job goes by.</param>
    public static Task Present(TaskTemplate template, int jobPriority)
    {
        ArgumentNullException.ThrowIfNull(template);
        var task = new Task
        {
            Name = template.Name,
            Kind = template.Kind,
            State = TaskState.Waiting,
            Retries = template.Retries,
            Priority = jobPriority + template.Priority,
            Deadline = template.Deadline,
            Resources = template.Resources,
        };
        task.Exclusive.Add(template.Exclusive);
        task.Secrets.Add(template.Secrets);
        return task;
    }

    private static ResourceUsage? ToProto(AttemptUsage? usage) => usage is null ? null : new ResourceUsage
    {
        WallTime = usage.WallTime.ToDuration(),
        CpuTime = usage.CpuTime.ToDuration(),
        PeakMemoryBytes = usage.PeakMemoryBytes,
        InputFetchTime = usage.InputFetchTime.ToDuration(),
        OutputUploadTime = usage.OutputUploadTime.ToDuration(),
    };
}
