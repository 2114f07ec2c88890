using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Views.Explanations;

/// <summary>Which of the tasks that it needs have not succeeded.</summary>
internal static class NeedsExplanation
{
    public static string Of(TaskRef task)
    {
        var unmet = new List<string>();
        foreach (var need in task.Spec.Needs)
        {
            var needed = new TaskRef(task.Job, need);
            if (needed.Entry.End is not { Outcome: Outcome.Success })
            {
                unmet.Add($"{needed.Spec.Name} ({JobViews.PhaseOf(needed.Entry).ToString().ToLowerInvariant()})");
            }
        }

        return $"waits for {Names.Some(unmet)}";
    }
}
