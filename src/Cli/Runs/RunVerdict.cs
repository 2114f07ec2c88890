namespace BuildFarm.Cli.Runs;

/// <summary>What a finished run means for the exit status.</summary>
/// <param name="ExitCode">One of <see cref="Hosting.ExitCode"/>.</param>
/// <param name="Complaint">One line when outcomes do not add up; else null.</param>
public readonly record struct RunVerdict(int ExitCode, string? Complaint)
{
    /// <summary>
    /// The verdict. A failure that will not go away by trying again comes before those that may: failed builds, failed
    /// tests, time limits, the farm's own failures, cancellations. Outcomes that do not add up come before all.
    /// </summary>
    public static RunVerdict Of(FarmJob ended, IReadOnlyCollection<FarmTask> tasks)
    {
        var summary = ended.Summary ?? new JobSummary();
        var told = Total(summary);
        if (told != summary.Submitted)
        {
            return new(
                Hosting.ExitCode.Infrastructure,
                $"{summary.Submitted} tasks were submitted and {told} have an outcome: {summary.Submitted - told} unreported; see 'farm status {ended.JobId}'.");
        }

        if (summary.Submitted == 0)
        {
            return new(Hosting.ExitCode.NothingRan, null);
        }

        var hard = summary.Failed + summary.OutOfMemory + summary.ResourceLimited;
        return new(
            hard > 0 ? FailureCode(tasks)
            : summary.TimedOut > 0 ? Hosting.ExitCode.Timeout
            : summary.Infrastructure > 0 ? Hosting.ExitCode.Infrastructure
            : summary.Cancelled > 0 ? Hosting.ExitCode.Cancelled
            : Hosting.ExitCode.Ok,
            null);
    }

    /// <summary>The sum of all outcomes.</summary>
    public static int Total(JobSummary summary) =>
        summary.Succeeded + summary.Failed + summary.TimedOut + summary.OutOfMemory + summary.ResourceLimited + summary.Cancelled + summary.Infrastructure;

    // A failed build outweighs failed tests: the tests behind it could not run.
    private static int FailureCode(IReadOnlyCollection<FarmTask> tasks)
    {
        var failed = tasks.Where(task => task.Outcome is Outcome.Failure or Outcome.OutOfMemory or Outcome.ResourceLimit).ToArray();
        return failed.Length > 0 && failed.All(task => task.Kind == TaskKind.Test) ? Hosting.ExitCode.TestsFailed : Hosting.ExitCode.BuildFailed;
    }
}
