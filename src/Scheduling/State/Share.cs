namespace BuildFarm.Scheduling.State;

/// <summary>A submitter's claim at one priority: the same for each, whatever the number of jobs.</summary>
internal sealed class Share
{
    /// <summary>Flows of this submitter that have something waiting. Each costs as many times more, so that all cost what one would.</summary>
    public int WaitingFlows { get; set; }
}
