using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using BuildFarm.Worker.Containers;
using Google.Protobuf.WellKnownTypes;
using Digest = BuildFarm.Digests.Digest;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Worker.Execution;

/// <summary>Takes the times of one attempt and turns what is known at its end into a Completion.</summary>
internal sealed class AttemptRecord
{
    private readonly TimeProvider time;
    private readonly Reapi.ExecutedActionMetadata metadata;
    private readonly ResourceUsage usage = new();
    private readonly AttemptFacts facts;
    private long mark;

    public AttemptRecord(TimeProvider time, string workerName, AttemptFacts facts)
    {
        this.facts = facts;
        this.time = time;
        metadata = new Reapi.ExecutedActionMetadata { Worker = workerName, WorkerStartTimestamp = Now() };
    }

    public void FetchStarted()
    {
        metadata.InputFetchStartTimestamp = Now();
        mark = time.GetTimestamp();
    }

    public void RunStarted()
    {
        metadata.InputFetchCompletedTimestamp = metadata.ExecutionStartTimestamp = Now();
        usage.InputFetchTime = SinceMark();
    }

    public void RunEnded(AttemptRun run)
    {
        metadata.ExecutionCompletedTimestamp = metadata.OutputUploadStartTimestamp = Now();
        usage.WallTime = SinceMark();
        usage.CpuTime = Duration.FromTimeSpan(run.Evidence.Usage.CpuTime);
        usage.PeakMemoryBytes = run.Evidence.Usage.PeakMemoryBytes;
    }

    /// <summary>The end of an attempt that has no result.</summary>
    public Completion Complete(Verdict verdict, IReadOnlyList<Digest>? missing = null)
    {
        var completion = new Completion { Outcome = verdict.Outcome, Message = verdict.Message, Usage = usage };
        completion.Missing.AddRange(missing?.Select(static digest => digest.ToProto()) ?? []);
        return completion;
    }

    /// <summary>The end of an attempt whose command ran.</summary>
    public Completion Complete(Verdict verdict, AttemptRun run, Reapi.ActionResult result)
    {
        var told = facts.Clone();
        told.Profile = run.Profile;
        told.Written.AddRange(run.Written);
        told.Counts = CountsOf(run.Evidence.Usage);
        metadata.AuxiliaryMetadata.Add(Any.Pack(told));
        metadata.OutputUploadCompletedTimestamp = metadata.WorkerCompletedTimestamp = Now();
        usage.OutputUploadTime = SinceMark();
        result.ExitCode = run.Evidence.ExitCode;
        result.ExecutionMetadata = metadata;
        if (!run.StandardOutput.Digest.IsEmptyBlob)
            (result.StdoutDigest, result.StdoutRaw) = (run.StandardOutput.Digest.ToProto(), run.StandardOutput.Inline);
        if (!run.StandardError.Digest.IsEmptyBlob)
            (result.StderrDigest, result.StderrRaw) = (run.StandardError.Digest.ToProto(), run.StandardError.Inline);
        return new Completion
        {
            Outcome = verdict.Outcome,
            Message = verdict.Message,
            ExitCode = run.Evidence.ExitCode,
            Result = result,
            Usage = usage,
        };
    }

    private static KernelCounts? CountsOf(CgroupUsage used) => used.PeakProcesses == 0 && used.Disk == default
        ? null
        : new KernelCounts { PeakProcesses = used.PeakProcesses, ReadBytes = used.Disk.ReadBytes, WrittenBytes = used.Disk.WrittenBytes };

    private Timestamp Now() => Timestamp.FromDateTimeOffset(time.GetUtcNow());

    private Duration SinceMark()
    {
        var now = time.GetTimestamp();
        var elapsed = time.GetElapsedTime(mark, now);
        mark = now;
        return Duration.FromTimeSpan(elapsed);
    }
}
