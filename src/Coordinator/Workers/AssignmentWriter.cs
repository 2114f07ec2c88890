using BuildFarm.Coordinator.Jobs;
using BuildFarm.Digests.Trees;
using BuildFarm.Hosting;
using Google.Protobuf.WellKnownTypes;

namespace BuildFarm.Coordinator.Workers;

/// <summary>Writes desired states for workers: the scheduler's leases, with what the jobs know of the tasks behind them.</summary>
public sealed class AssignmentWriter(JobTable jobs, ExecutionNames names, WorkerHomes homes, CoordinatorOptions options, WorkerProtocol protocol)
{
    /// <summary>The message for a worker.</summary>
    public V1.DesiredState Write(Scheduling.DesiredState desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        return new V1.DesiredState
        {
            Assignments = { desired.Assignments.Select(Write) },
            HeartbeatInterval = options.HeartbeatInterval.ToDuration(),
            LeaseDuration = options.LeaseDuration.ToDuration(),
            Revision = desired.Revision,
            ProtocolVersion = protocol.Current,
            Evicted = desired.Evicted,
            UnwantedHomes = { homes.UnwantedOf(desired.Worker) },
        };
    }

    private V1.Assignment Write(Scheduling.Assignment assignment)
    {
        var (execution, epoch) = assignment.Lease;
        var action = assignment.Action.ToKey();
        var written = new V1.Assignment
        {
            Lease = new V1.Lease { ExecutionId = names.NameOf(execution), Epoch = epoch },
            InstanceName = action.InstanceName,
            ActionDigest = action.Action.ToProto(),
            DigestFunction = action.Action.Function.ToProto(),
            Resources = ResourceMessages.ToProto(assignment.Resources),
            Timeout = (assignment.Timeout == TimeSpan.Zero ? options.DefaultTimeout : assignment.Timeout).ToDuration(),
            StdoutStreamName = names.StdoutOf(execution, epoch),
            StderrStreamName = names.StderrOf(execution, epoch),
            DisplayName = assignment.Task.ToString(),
        };
        if (jobs.Find(assignment.Task.Job) is { } job)
        {
            var template = job.Spec.Tasks[assignment.Task.Index];
            written.DisplayName = $"{job.Id}/{template.Name}";
            written.RequiredOutputPaths.AddRange(template.RequiredOutputPaths);
            written.Secrets.AddRange(template.Secrets);
        }

        return written;
    }
}
