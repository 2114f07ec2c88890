namespace BuildFarm.Scheduling.State;

/// <summary>A task inside the state, without a search.</summary>
internal readonly record struct TaskRef(JobEntry Job, int Index)
{
    public TaskId Id => new(Job.Id, Index);

    public TaskSpec Spec => Job.Spec.Tasks[Index];

    public ref TaskEntry Entry => ref Job.Tasks[Index];
}
