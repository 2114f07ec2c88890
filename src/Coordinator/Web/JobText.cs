using System.Globalization;
using System.Text;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;

namespace BuildFarm.Coordinator.Web;

/// <summary>Jobs and tasks as lines of text.</summary>
internal static class JobText
{
    /// <summary>A table of jobs, in the given order.</summary>
    public static string OfList(IReadOnlyCollection<Job> jobs)
    {
        if (jobs.Count == 0)
        {
            return "no jobs yet\n";
        }

        var text = new StringBuilder();
        Append(text, $"{"RUN",-10}{"STATE",-12}{"DONE",-14}{"FAILED",-8}{"SUBMITTED",-22}NAME\n");
        foreach (var job in jobs)
        {
            var summary = job.Summary;
            Append(text, $"{job.JobId,-10}{job.State,-12}{$"{Finished(summary)}/{summary.Submitted}",-14}{Unsuccessful(summary),-8}{Time(job.SubmittedAt),-22}{job.Name}\n");
        }

        return text.ToString();
    }

    /// <summary>One job, then a table of its tasks.</summary>
    public static string OfJob(Job job)
    {
        var summary = job.Summary;
        var text = new StringBuilder();
        Append(text, $"run {job.JobId}  {job.Name}\nstate {job.State}  submitted {Time(job.SubmittedAt)} by {job.Submitter}\n");
        Append(text, $"{summary.Submitted} tasks: {summary.Succeeded} succeeded ({summary.FromCache} from the cache), {Unsuccessful(summary)} not, {summary.Submitted - Finished(summary)} open\n\n");
        Append(text, $"{"STATE",-12}{"OUTCOME",-16}{"EXIT",-6}{"TRY",-5}{"SECONDS",-10}{"WORKER",-20}TASK\n");
        foreach (var task in job.Tasks)
        {
            var outcome = task.State == TaskState.Finished ? task.Outcome.ToString() : "";
            var seconds = task.Usage?.WallTime?.ToTimeSpan().TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) ?? "";
            Append(text, $"{task.State,-12}{outcome,-16}{task.ExitCode,-6}{task.Attempt,-5}{seconds,-10}{task.Worker,-20}{task.Name}");
            text.Append(task.Message.Length > 0 ? $"  ({task.Message})" : "").Append('\n');
        }

        return text.ToString();
    }

    private static int Finished(JobSummary summary) => summary.Succeeded + Unsuccessful(summary);

    private static int Unsuccessful(JobSummary summary) =>
        summary.Failed + summary.TimedOut + summary.OutOfMemory + summary.ResourceLimited + summary.Cancelled + summary.Infrastructure;

    private static string Time(Timestamp? at) => at?.ToDateTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";

    private static void Append(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture));
}
