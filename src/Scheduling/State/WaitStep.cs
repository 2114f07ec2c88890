namespace BuildFarm.Scheduling.State;

/// <summary>Where a parent's wait is. Numbers are kept in journals; append-only.</summary>
public enum WaitStep : byte
{
    /// <summary>For the child; the CPU is lent.</summary>
    Waiting = 0,

    /// <summary>It wants its CPU back; what it lent is still in use.</summary>
    Resuming = 1,

    /// <summary>The parent does the child's work itself.</summary>
    Local = 2,
}
