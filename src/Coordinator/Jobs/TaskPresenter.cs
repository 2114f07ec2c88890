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
    /// <param name="completion">What the view's result handle stands for, when it has one.</param>
    public Task Present(TaskView view, TaskTemplate template, Completion? completion)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(template);
        var task = new Task
        {
            Name = view.Name,
            Kind = template.Kind,
            State = (TaskState)view.Phase,
            Outcome = (V1.Outcome)view.Outcome,
            ExitCode = view.ExitCode,
            Origin = (V1.ResultOrigin)view.Origin,
            Attempt = (int)Math.Min(view.Attempt, int.MaxValue),
            Worker = view.Worker?.Value ?? "",
            Message = view.Message,
            ActionDigest = view.Action?.ToKey().Action.ToProto(),
            Result = completion?.Result,
            Usage = ToProto(view.Usage),
            RetriesUsed = view.Charges.TaskFailures,
            Retries = template.Retries,
            InfrastructureLosses = view.Charges.InfrastructureLosses,
            MemoryBytes = view.Charges.MemoryBytes,
            QueuedAt = view.QueuedAt?.ToTimestamp(),
            StartedAt = view.StartedAt?.ToTimestamp(),
            FinishedAt = view.FinishedAt?.ToTimestamp(),
        };
        if (view.Execution is { } execution && view.Attempt > 0)
        {
            task.StdoutStreamName = names.StdoutOf(execution, view.Attempt);
            task.StderrStreamName = names.StderrOf(execution, view.Attempt);
        }

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
