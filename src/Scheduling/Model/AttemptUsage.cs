namespace BuildFarm.Scheduling;

/// <summary>What one attempt used.</summary>
/// <param name="WallTime">In the container, from start to exit.</param>
/// <param name="CpuTime">User and system time of every process.</param>
/// <param name="PeakMemoryBytes">The highest the cgroup saw.</param>
/// <param name="InputFetchTime">Laying out the inputs.</param>
/// <param name="OutputUploadTime">Storing outputs and logs.</param>
public sealed record AttemptUsage(
    TimeSpan WallTime,
    TimeSpan CpuTime,
    long PeakMemoryBytes,
    TimeSpan InputFetchTime,
    TimeSpan OutputUploadTime);
