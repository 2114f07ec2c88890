namespace BuildFarm.Cli.Output;

/// <summary>What <c>farm status</c> prints for people.</summary>
public static class StatusText
{
    /// <summary>A run with all its tasks.</summary>
    public static void Write(TextWriter to, Palette palette, FarmJob job, TimeProvider time)
    {
        WriteHead(to, palette, job, time);
        foreach (var task in job.Tasks)
        {
            WriteLine(to, palette, job, task);
        }

        var elapsed = job is { SubmittedAt: not null, FinishedAt: not null }
            ? (job.FinishedAt - job.SubmittedAt).ToTimeSpan()
            : time.GetUtcNow() - (job.SubmittedAt?.ToDateTimeOffset() ?? time.GetUtcNow());
        if (job.State == JobState.Finished)
        {
            foreach (var line in SummaryText.Lines(job.Summary ?? new JobSummary(), elapsed))
            {
                to.WriteLine(line);
            }
        }
        else
        {
            to.WriteLine($"{job.Tasks.Count(task => task.State == TaskState.Finished)} of {job.Tasks.Count} done after {Durations.Brief(elapsed)}; follow it with: farm watch {job.JobId}");
        }
    }

    /// <summary>One task, with everything that there is to say of it.</summary>
    public static void Write(TextWriter to, Palette palette, FarmJob job, FarmTask task, TimeProvider time)
    {
        WriteHead(to, palette, job, time);
        to.WriteLine($"  {palette.Label($"{TaskText.Label(task),-6}")} {TaskText.Bracket(task)} {task.Name}");
        foreach (var (name, value) in TaskFacts.All(task, job, time))
        {
            to.WriteLine($"    {palette.Dim($"{name,-9}")}  {value}");
        }

        foreach (var (name, value) in AttemptText.Lines(task.Attempts))
        {
            to.WriteLine($"    {palette.Dim($"{name,-9}")}  {value}");
        }

        foreach (var (name, value) in AttemptText.FactsOf(task) is { } facts ? AttemptText.Lines(facts) : [])
        {
            to.WriteLine($"    {palette.Dim($"{name,-9}")}  {value}");
        }
    }

    private static void WriteHead(TextWriter to, Palette palette, FarmJob job, TimeProvider time)
    {
        to.WriteLine($"{palette.Bold($"Run {job.JobId}")}  {TaskText.Clean(job.Name)}  {JobText.State(job)}, submitted {JobText.Ago(job.SubmittedAt, time)} by {TaskText.Clean(job.Submitter)}");
        var facts = JobText.Facts(job);
        if (facts.Length > 0)
        {
            to.WriteLine($"  {palette.Dim(facts)}");
        }
    }

    private static void WriteLine(TextWriter to, Palette palette, FarmJob job, FarmTask task)
    {
        var why = task.State == TaskState.Finished ? TaskText.Reason(task) : TaskText.Clean(task.Message);
        var worker = task.Worker.Length > 0 ? $"  @{TaskText.Clean(task.Worker)}" : string.Empty;
        var attempts = TaskText.Attempts(task) is { Length: > 0 } text ? $"  {text}" : string.Empty;
        var asked = TaskFacts.Line(task, job) is { Length: > 0 } own ? $"  ({own})" : string.Empty;
        to.WriteLine($"  {palette.Label($"{TaskText.Label(task),-6}")} {TaskText.Bracket(task)} {task.Name}{(why.Length > 0 ? $"  {why}" : string.Empty)}{palette.Dim(attempts + worker + asked)}");
    }
}
