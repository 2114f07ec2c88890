using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Events;

/// <summary>A parent's wait for a child.</summary>
/// <param name="Wait">Which.</param>
/// <param name="Child">The job.</param>
/// <param name="CpuMillis">What it lends.</param>
/// <param name="Bound">How long nothing of the child may run.</param>
/// <param name="Step">Where it is.</param>
/// <param name="Answer">What the parent is told when it has its CPU back.</param>
/// <param name="Turn">Among those on its worker that want their CPU back; 0 when it does not.</param>
public readonly record struct RestoredWait(long Wait, JobId Child, long CpuMillis, TimeSpan Bound, WaitStep Step, ChildAnswer Answer, int Turn);
