namespace BuildFarm.Scheduling;

/// <summary>Names a task: its job, and its place in the job's spec (from 0).</summary>
public readonly record struct TaskId(JobId Job, int Index)
{
    /// <inheritdoc />
    public override string ToString() => $"{Job.Value}/{Index}";
}
