using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Views.Explanations;

/// <summary>Answers "why is this waiting?" from the state alone: finds the rule that holds a task up, and says it in one line.</summary>
internal static class Explanation
{
    public static TaskWait Of(SchedulerState state, TaskRef task)
    {
        if (task.Entry.End is { } end)
        {
            return new TaskWait(WaitReason.None, end.Message.Length > 0 ? $"finished: {end.Outcome}: {end.Message}" : $"finished: {end.Outcome}");
        }

        var wait = task.Entry switch
        {
            { Step: TaskStep.Waiting } => new TaskWait(WaitReason.Needs, NeedsExplanation.Of(task)),
            { Execution: { } execution } => Of(state, task, execution),
            _ => new TaskWait(WaitReason.Resolving, "its action is being made of its command and its inputs"),
        };
        return wait with { Text = wait.Text + DeadlineExplanation.Of(task) };
    }

    private static TaskWait Of(SchedulerState state, TaskRef task, ExecutionEntry execution)
    {
        var wait = execution.Phase switch
        {
            ExecutionPhase.LookingUp => new TaskWait(WaitReason.LookUp, "its action is being looked up in the cache"),
            ExecutionPhase.Claiming => new TaskWait(WaitReason.ExclusiveName, NameExplanation.Of(task, execution)),
            ExecutionPhase.Running => RunExplanation.Of(task, execution),
            _ => QueueExplanation.Of(state, task, execution),
        };
        return wait with { Text = Merged(task, execution) + Again(execution) + wait.Text };
    }

    /// <summary>Tasks whose actions are equal share one execution: it counts with the best of them.</summary>
    private static string Merged(TaskRef task, ExecutionEntry execution) => execution.FirstWaiter is { } first && first != task
        ? $"takes the result of {Names.Of(first, task)}, whose action is the same: "
        : "";

    /// <summary>A failed or lost attempt is tried again at once: nothing waits for a time to pass.</summary>
    private static string Again(ExecutionEntry execution)
    {
        if (execution.Phase is not (ExecutionPhase.Queued or ExecutionPhase.Claiming) || execution.Epoch == 0)
        {
            return "";
        }

        var why = execution.LastMessage.Length > 0 ? $", because {execution.LastMessage}" : "";
        var memory = execution.Setbacks is { MemoryBefore: > 0 } ? $", with {Amounts.Memory(execution.Shape.Asked.MemoryBytes)}" : "";
        return $"attempt {execution.Epoch + 1}{memory}{why}: ";
    }
}
