using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Families;

/// <summary>
/// Whether anything of a child runs that can end. A child may have merged into work that itself waits for the parent, even into its own
/// parent's, or it is a parent and wants CPU back that its own parent holds while it waits: that would be a wait in a circle.
/// </summary>
internal static class Progress
{
    public static bool IsMade(JobEntry child, ExecutionEntry parent)
    {
        foreach (var execution in RunningOf(child))
        {
            if (!WaitsFor(execution, parent, []))
            {
                return true;
            }
        }

        return false;
    }

    private static bool WaitsFor(ExecutionEntry execution, ExecutionEntry parent, HashSet<ExecutionEntry> asked) =>
        ReferenceEquals(execution, parent)
        || (asked.Add(execution) && (WaitsFor(execution.Live, parent, asked) || WaitsFor(execution.Copy, parent, asked)));

    private static bool WaitsFor(Holding? attempt, ExecutionEntry parent, HashSet<ExecutionEntry> asked)
    {
        foreach (var wait in attempt?.Family?.Waits ?? [])
        {
            if (AwaitedBy(wait).Any(execution => WaitsFor(execution, parent, asked)))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<ExecutionEntry> AwaitedBy(ParentWait wait) => wait.Step switch
    {
        WaitStep.Waiting => wait.Parent.Family!.Children.Find(child => child.Id == wait.Child) is { } child ? RunningOf(child) : [],
        WaitStep.Resuming => wait.Parent.Worker.Holdings
            .Where(held => held is { Execution: not null, Held.CpuMillis: > 0 } && !ReferenceEquals(held, wait.Parent))
            .Select(static held => held.Execution!),
        _ => [],
    };

    private static IEnumerable<ExecutionEntry> RunningOf(JobEntry job)
    {
        for (var i = 0; i < job.Tasks.Length; i++)
        {
            if (job.Tasks[i].Execution is { Phase: ExecutionPhase.Running } execution)
            {
                yield return execution;
            }
        }
    }
}
