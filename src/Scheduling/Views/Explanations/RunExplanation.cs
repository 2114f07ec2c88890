using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Views.Explanations;

/// <summary>Where an execution runs, and what its process waits for there.</summary>
internal static class RunExplanation
{
    public static TaskWait Of(TaskRef task, ExecutionEntry execution)
    {
        var live = execution.Live!;
        var copy = execution.Copy is { } second ? $", and on {second.Worker.Id}, attempt {second.Lease.Epoch}, because the first takes long" : "";
        var (reason, more) = WhatHolds(task, live);
        return new TaskWait(reason, $"runs on {live.Worker.Id}, attempt {live.Lease.Epoch}{copy}{more}");
    }

    private static (WaitReason Reason, string More) WhatHolds(TaskRef task, Holding live)
    {
        var worker = live.Worker;
        if (!worker.Linked)
        {
            return (WaitReason.WorkerAway, $"; {worker.Id} is not connected: the task goes on when it is back, and runs again elsewhere when it stays away");
        }

        if (live.Family?.Waits is not { Count: > 0 } waits)
        {
            return (WaitReason.None, "");
        }

        if (waits.Find(static wait => wait.Step == WaitStep.Waiting) is { } waiting)
        {
            var others = waits.Count > 1 ? $" and {waits.Count - 1} more" : "";
            return (WaitReason.Child, $", and lends its CPU to children while it waits for {waiting.Child}{others}");
        }

        if (waits.Exists(static wait => wait.Step == WaitStep.Resuming))
        {
            return (WaitReason.CpuBack, $", and waits until {InItsPlace(task, live)} on {worker.Id} gives its CPU back");
        }

        return (WaitReason.None, ", and does itself what its children did not");
    }

    /// <summary>Children are what may use it; what else runs there had its room before.</summary>
    private static string InItsPlace(TaskRef task, Holding live)
    {
        var users = live.Worker.Holdings
            .FindAll(other => other.IsCharged && !ReferenceEquals(other, live) && other.Execution?.Shape.OfChildren != false)
            .ConvertAll(other => Names.Of(other, task));
        return users.Count == 0 ? "whatever uses it" : Names.Some(users);
    }
}
