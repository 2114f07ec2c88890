namespace BuildFarm.Scheduling;

/// <summary>Where a task is, and what holds it up there.</summary>
/// <param name="Reason">Which rule it is.</param>
/// <param name="Text">One line for people, that names who and how much.</param>
public readonly record struct TaskWait(WaitReason Reason, string Text);
