using BuildFarm.Scheduling.Views.Explanations;

namespace BuildFarm.Scheduling;

/// <content>Answers "why is this waiting?".</content>
public sealed partial class SchedulerState
{
    /// <summary>One line: why a task is where it is. Null when the state does not know it.</summary>
    public string? Explain(TaskId task) => WaitOf(task)?.Text;

    /// <summary>
    /// Why a task is where it is, and by which rule. It walks over what stands before the task and over the workers that could run it: asked by
    /// people, not by decisions. Null when the state does not know the task.
    /// </summary>
    public TaskWait? WaitOf(TaskId task) => FindRef(task) is { } found ? Explanation.Of(this, found) : null;
}
