namespace BuildFarm.Scheduling;

/// <summary>Why a command was refused.</summary>
public enum RefusalKind : byte
{
    /// <summary>The request itself is malformed: a cycle, an unknown need, a name twice.</summary>
    Malformed = 1,

    /// <summary>No declared pool can ever run it.</summary>
    Impossible = 2,

    /// <summary>The queue is full; trying later helps.</summary>
    QueueFull = 3,

    /// <summary>No such job, task or worker.</summary>
    NotFound = 4,

    /// <summary>The idempotency key belongs to a job of another request.</summary>
    KeyReused = 5,
}
