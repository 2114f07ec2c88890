using System.Globalization;
using BuildFarm.V1;
using BuildFarm.Worker.Containers;

namespace BuildFarm.Worker.Execution;

/// <summary>An outcome with its one line of evidence.</summary>
internal sealed record Verdict(Outcome Outcome, string Message)
{
    /// <summary>Decides from what is known, the strongest evidence first. An exit code alone never means more than a failure.</summary>
    public static Verdict Of(RunEnd end, ExitEvidence evidence, VerdictContext context)
    {
        var reason = end.Reason;
        if (reason == EndReason.Cancelled)
            return new Verdict(Outcome.Cancelled, "ended by the farm while it ran");
        if (reason == EndReason.TimedOut)
            return new Verdict(Outcome.Timeout, $"ran longer than its limit of {Seconds(context.Timeout)}");
        if (reason == EndReason.LogLimit)
            return new Verdict(Outcome.ResourceLimit, $"wrote more than {Bytes(context.LogLimitBytes)} of log; everything up to there is kept");
        if (reason == EndReason.Stalled)
            return new Verdict(Outcome.Timeout, end.Detail);
        if (reason == EndReason.DiskLimit)
            return new Verdict(Outcome.ResourceLimit, end.Detail);
        if (evidence.ExitCode == 0)
            return new Verdict(Outcome.Success, "");
        if (evidence.Usage.OutOfMemoryEvents > 0)
            return new Verdict(Outcome.OutOfMemory, $"needed more than its {Bytes(context.Limits.MemoryBytes)} of memory (peak {Bytes(evidence.Usage.PeakMemoryBytes)}); {Ended(evidence.ExitCode)}");
        if (evidence.Usage.ReachedProcessLimit)
            return new Verdict(Outcome.ResourceLimit, $"reached its limit of {context.Limits.Processes} processes; {Ended(evidence.ExitCode)}");
        if (ContainerInit.PreludeProblem(evidence.ExitCode, context.Prelude, context.StandardErrorTail) is { } problem)
            return new Verdict(Outcome.Infrastructure, problem);
        if (context.DiskWasFull)
            return new Verdict(Outcome.Infrastructure, $"the worker's disk was full while it ran; {Ended(evidence.ExitCode)}");
        if (evidence.Reached == ReachedLimit.ScratchBytes)
            return new Verdict(Outcome.ResourceLimit, $"filled the {Bytes(context.Limits.ScratchBytes)} of /tmp, HOME and /dev/shm; {Ended(evidence.ExitCode)}");
        if (evidence.Reached == ReachedLimit.ScratchFiles)
            return new Verdict(Outcome.ResourceLimit, string.Create(CultureInfo.InvariantCulture, $"made as many files in /tmp, HOME and /dev/shm as it may, {context.Limits.ScratchFiles}; {Ended(evidence.ExitCode)}"));
        return new Verdict(Outcome.Failure, ContainerInit.StartProblem(evidence.ExitCode, context.Command, context.StandardErrorTail) ?? Ended(evidence.ExitCode));
    }

    private static string Ended(int exitCode) =>
        exitCode > 128
            ? string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode} (signal {exitCode - 128}{SignalName(exitCode - 128)})")
            : string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}");

    private static string SignalName(int signal) =>
        signal switch
        {
            1 => ", SIGHUP",
            2 => ", SIGINT",
            4 => ", SIGILL",
            6 => ", SIGABRT",
            7 => ", SIGBUS",
            8 => ", SIGFPE",
            9 => ", SIGKILL",
            11 => ", SIGSEGV",
            13 => ", SIGPIPE",
            15 => ", SIGTERM",
            _ => "",
        };

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");

    internal static string Bytes(long bytes) =>
        bytes >= 10L << 20
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MiB")
            : string.Create(CultureInfo.InvariantCulture, $"{(bytes + 1023) >> 10} KiB");
}
