namespace BuildFarm.Scheduling;

/// <summary>How a parent's wait for a child ended. Numbers are kept in journals and are those of buildfarm.v1; append-only.</summary>
public enum ChildAnswer : byte
{
    /// <summary>There is no answer yet.</summary>
    Unspecified = 0,

    /// <summary>The child's job has finished.</summary>
    Finished = 1,

    /// <summary>Nothing of the child ran within the bound: it was cancelled, and the parent does the work itself.</summary>
    RunLocally = 2,

    /// <summary>The parent's attempt is no longer live.</summary>
    ParentEnded = 3,

    /// <summary>The job is not a child of this attempt.</summary>
    NotAChild = 4,

    /// <summary>Nobody listens any more.</summary>
    Gone = 5,
}
