using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>Every task that has not finished says why it is where it is, and what it says is so.</summary>
internal static class ExplanationAuditor
{
    /// <summary>What an explanation says when it finds no rule that holds the task up.</summary>
    private const string Fallback = "is about to";

    public static void Check(SchedulerState state)
    {
        foreach (var job in state.JobsById.Values)
        {
            for (var i = 0; i < job.Tasks.Length; i++)
            {
                if (job.Tasks[i].Step != TaskStep.Finished)
                {
                    Check(state, new TaskRef(job, i));
                }
            }
        }
    }

    private static void Check(SchedulerState state, TaskRef task)
    {
        var wait = state.WaitOf(task.Id)!.Value;
        Must.Hold(wait.Text.Length > 0 && !wait.Text.Contains(Fallback, StringComparison.Ordinal), $"{task.Id} waits, and nobody knows why: '{wait.Text}'");
        Must.Hold(IsSo(task, wait), $"{task.Id} is said to wait by {wait.Reason}, which is not so: '{wait.Text}'");
    }

    private static bool IsSo(TaskRef task, TaskWait wait) => task.Entry switch
    {
        { Step: TaskStep.Waiting } => wait.Reason == WaitReason.Needs && wait.Text.Contains(FirstUnmet(task), StringComparison.Ordinal),
        { Step: TaskStep.Resolving } => wait.Reason == WaitReason.Resolving,
        { Execution: { } execution } => execution.Phase switch
        {
            ExecutionPhase.LookingUp => wait.Reason == WaitReason.LookUp,
            ExecutionPhase.Claiming => wait.Reason == WaitReason.ExclusiveName && execution.Claims.Length > 0,
            ExecutionPhase.Running => IsSoOfRunning(execution, wait),
            _ => IsSoOfQueued(execution, wait.Reason),
        },
        _ => false,
    };

    private static string FirstUnmet(TaskRef task) =>
        task.Spec.Needs.Select(need => new TaskRef(task.Job, need)).First(static need => need.Entry.End is not { Outcome: Outcome.Success }).Spec.Name;

    private static bool IsSoOfRunning(ExecutionEntry execution, TaskWait wait) =>
        wait.Text.Contains($"runs on {execution.Worker!.Id}", StringComparison.Ordinal) && wait.Reason switch
        {
            WaitReason.None => execution.Worker.Linked,
            WaitReason.WorkerAway => !execution.Worker.Linked,
            WaitReason.Child => execution.Live!.Family!.Waits.Exists(static w => w.Step == WaitStep.Waiting),
            WaitReason.CpuBack => execution.Worker.Resuming.Exists(w => ReferenceEquals(w.Parent, execution.Live)),
            _ => false,
        };

    private static bool IsSoOfQueued(ExecutionEntry execution, WaitReason reason)
    {
        var pools = execution.Shape.Pools;
        var ready = pools.SelectMany(static p => p.Pool.Workers.Select(w => (Worker: w, p.Charge))).Where(static c => c.Worker.TakesWork).ToList();
        var large = ready.FindAll(static c => c.Charge.FitsIn(c.Worker.Offer.Capacity));
        var roomy = large.FindAll(c => c.Charge.FitsIn(c.Worker.FreeFor(execution.Shape.OfChildren)));
        var isFirst = ReferenceEquals(execution.Queue!.Head, execution);
        return reason switch
        {
            WaitReason.NoPool => pools.Length == 0,
            WaitReason.NoWorker => large.Count == 0 && Array.Exists(pools, static p => p.Pool.Workers.Count == 0),
            WaitReason.WorkersOutOfService => pools.Length > 0 && large.Count == 0,
            WaitReason.WorkersTooSmall => ready.Count > 0 && large.Count == 0,
            WaitReason.Line => large.Count > 0 && !isFirst,
            WaitReason.Room => isFirst && large.Count > 0 && roomy.TrueForAll(c => execution.Avoid?.Contains(c.Worker.Id) == true || c.Worker.Isolated is not null),
            WaitReason.LentCpu => isFirst && !execution.Shape.OfChildren && large.Exists(static c => c.Worker.LentCpuMillis > 0),
            WaitReason.KeptFree => isFirst && roomy.Exists(c => c.Worker.ReservedFor is { } big && big.Id != execution.Id),
            WaitReason.ParentsResume => isFirst && large.Exists(static c => c.Worker.Resuming.Count > 0),
            WaitReason.Isolated => isFirst && roomy.Exists(static c => c.Worker.Isolated is not null),
            WaitReason.RunsAlone => isFirst && execution.Alone && large.TrueForAll(c => !c.Worker.IsEmpty || execution.Avoid!.Contains(c.Worker.Id)),
            _ => false,
        };
    }
}
