namespace BuildFarm.Scheduling.Commands;

/// <summary>
/// A running attempt waits for a job of its own and lends its CPU to children meanwhile. Answered by ChildWaitAnswered, when it has
/// its CPU back.
/// </summary>
/// <param name="Parent">Of the attempt.</param>
/// <param name="Wait">A fresh number: names this wait.</param>
/// <param name="Child">The job.</param>
/// <param name="CpuMillis">What of its CPU stands still in this wait; 0 means all.</param>
/// <param name="Bound">How long nothing of the child may run before the parent is told to do the work itself.</param>
public sealed record WaitForChild(Lease Parent, long Wait, JobId Child, long CpuMillis, TimeSpan Bound) : Command;
