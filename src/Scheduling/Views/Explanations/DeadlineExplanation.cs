using System.Globalization;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Views.Explanations;

/// <summary>When a task ends unless it has finished: the earlier of its own deadline and its job's.</summary>
internal static class DeadlineExplanation
{
    public static string Of(TaskRef task)
    {
        var (own, whole) = (task.Spec.Deadline, task.Job.Spec.Deadline);
        if (own <= TimeSpan.Zero && whole <= TimeSpan.Zero)
        {
            return "";
        }

        var isOwn = whole <= TimeSpan.Zero || (own > TimeSpan.Zero && own <= whole);
        var at = task.Job.At + (isOwn ? own : whole);
        return string.Create(CultureInfo.InvariantCulture, $"; {(isOwn ? "its" : "its job's")} deadline is {at.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
    }
}
