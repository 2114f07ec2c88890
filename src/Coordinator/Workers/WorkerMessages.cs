using System.Collections.Immutable;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Commands;
using BuildFarm.V1;
using AttemptPhase = BuildFarm.Scheduling.AttemptPhase;
using Lease = BuildFarm.Scheduling.Lease;
using Outcome = BuildFarm.Scheduling.Outcome;

namespace BuildFarm.Coordinator.Workers;

/// <summary>The worker link's messages in the scheduler's words.</summary>
public sealed class WorkerMessages(ExecutionNames names)
{
    /// <summary>What is wrong with the first message of a stream, in one line; null when it can be used.</summary>
    public static string? FindFault(WorkerState first)
    {
        ArgumentNullException.ThrowIfNull(first);
        return first switch
        {
            { WorkerId: "" } => "worker_id is empty",
            { Incarnation: "" } => "incarnation is empty",
            { Offer: null } => "the first message of a stream needs an offer",
            { Offer.Pool: "" } => "offer.pool is empty",
            { Offer.Capacity: null } or { Offer.Capacity.CpuMillis: <= 0 } or { Offer.Capacity.MemoryBytes: <= 0 } =>
                "offer.capacity needs cpu_millis and memory_bytes above 0",
            _ when ResourceMessages.FindFault(first.Offer.Capacity) is { } fault => $"offer.capacity: {fault}",
            { Offer.Environment: "" } => "offer.environment is empty",
            { Offer.ProtocolVersion: < 1 } => "offer.protocol_version is missing",
            _ when first.Offer.Environment.Any(char.IsControl) => "offer.environment holds a control character",
            _ => null,
        };
    }

    /// <summary>The link command of a first message.</summary>
    public static WorkerLinked ToLinked(WorkerState first)
    {
        ArgumentNullException.ThrowIfNull(first);
        var offer = first.Offer;
        return new WorkerLinked(
            new WorkerId(first.WorkerId),
            first.Incarnation,
            new Scheduling.WorkerOffer(
                offer.Pool,
                Platform.Of(offer.Platform),
                ResourceMessages.ToScheduling(offer.Capacity)))
        {
            HasAttempts = first.Attempts.Any(static attempt => attempt.Phase != V1.AttemptPhase.Completed),
        };
    }

    /// <summary>Who the worker of a first message is.</summary>
    public static WorkerDescribed ToDescribed(WorkerState first)
    {
        ArgumentNullException.ThrowIfNull(first);
        return new WorkerDescribed(first.WorkerId, FactsOf(first.Offer));
    }

    /// <summary>What an offer says of who runs its attempts.</summary>
    public static AttemptFacts FactsOf(V1.WorkerOffer offer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        return new AttemptFacts
        {
            Host = offer.Host,
            AgentVersion = offer.AgentVersion,
            Environment = offer.Environment,
            Runtime = offer.Runtime,
            Image = offer.Image,
        };
    }

    /// <summary>The report command of a message, and what its result handles stand for.</summary>
    public (WorkerReported Report, IReadOnlyList<JournalFact> Facts) ToReport(LinkIdentity link, WorkerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var attempts = ImmutableArray.CreateBuilder<AttemptReport>(state.Attempts.Count);
        var facts = new List<JournalFact>();
        foreach (var attempt in state.Attempts)
        {
            // An attempt of another life of the coordinator is no longer desired, which the worker is about to hear.
            if (attempt.Lease is not null && names.Find(attempt.Lease.ExecutionId) is { } execution)
            {
                var lease = new Lease(execution, attempt.Lease.Epoch);
                attempts.Add(new AttemptReport(lease, ToPhase(attempt.Phase), ToReport(lease, attempt, facts), attempt.Progress));
            }
        }

        return (new WorkerReported(link.Worker, link.Incarnation, state.Draining, state.AppliedRevision, attempts.ToImmutable()), facts);
    }

    /// <summary>A phase that only newer workers know is one between the first and the last.</summary>
    private static AttemptPhase ToPhase(V1.AttemptPhase phase) => Enum.IsDefined(phase) ? (AttemptPhase)phase : AttemptPhase.Running;

    private static CompletionReport? ToReport(Lease lease, AttemptState attempt, List<JournalFact> facts)
    {
        if (attempt.Phase != V1.AttemptPhase.Completed || attempt.Completion is not { } completion)
        {
            return null;
        }

        var usage = ToUsage(completion.Usage);
        if (!Enum.IsDefined(completion.Outcome))
        {
            var unknown = $"the worker reports outcome {(int)completion.Outcome}, which this coordinator does not know; upgrade the coordinator";
            return new CompletionReport(Outcome.Infrastructure, Message: unknown, Usage: usage);
        }

        var outcome = (Outcome)completion.Outcome;
        if (outcome == Outcome.Unspecified || (outcome == Outcome.Success && (completion.Result is null || completion.ExitCode != 0)))
        {
            return new CompletionReport(Outcome.Infrastructure, Message: "the worker's report contradicts itself", Usage: usage);
        }

        if (completion.Result is null)
        {
            return new CompletionReport(outcome, completion.ExitCode, Result: null, completion.Message, usage) { InputsMissing = completion.Missing.Count > 0 };
        }

        var handle = new ResultHandle($"result of {lease}");
        facts.Add(new ResultReceived(handle.Key, completion));
        return new CompletionReport(outcome, completion.ExitCode, handle, completion.Message, usage);
    }

    private static AttemptUsage? ToUsage(ResourceUsage? usage) => usage is null ? null : new AttemptUsage(
        Span(usage.WallTime),
        Span(usage.CpuTime),
        usage.PeakMemoryBytes,
        Span(usage.InputFetchTime),
        Span(usage.OutputUploadTime));

    private static TimeSpan Span(Google.Protobuf.WellKnownTypes.Duration? duration) =>
        duration is not null && Jobs.TaskTemplateValidator.IsDuration(duration) ? duration.ToTimeSpan() : TimeSpan.Zero;
}
