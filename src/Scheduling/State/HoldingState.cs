namespace BuildFarm.Scheduling.State;

/// <summary>What an attempt is to the worker that has it. Numbers are kept in journals; append-only.</summary>
public enum HoldingState : byte
{
    /// <summary>Under a live lease, and desired.</summary>
    Live = 0,

    /// <summary>Revoked or lost: the worker still has to end it, and until then it holds its share.</summary>
    Ending = 1,

    /// <summary>Its completion was taken: it holds nothing, the worker still has to forget it.</summary>
    Completed = 2,
}
