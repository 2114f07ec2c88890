namespace BuildFarm.Scheduling.State;

/// <summary>Unfinished tasks of one user, or of one instance. Kept while there are any.</summary>
internal sealed class TaskTally
{
    public int Unfinished { get; set; }
}
