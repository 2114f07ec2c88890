namespace BuildFarm.Scheduling;

/// <summary>
/// Names an execution: the work on one action, shared by every task that waits for it. Numbered from 1 by the state itself, so a
/// coordinator whose journal does not outlive it adds a prefix of its own before the id leaves the process.
/// </summary>
public readonly record struct ExecutionId(long Value) : IComparable<ExecutionId>
{
    /// <inheritdoc />
    public int CompareTo(ExecutionId other) => Value.CompareTo(other.Value);

    /// <summary>The left was made before the right.</summary>
    public static bool operator <(ExecutionId left, ExecutionId right) => left.Value < right.Value;

    /// <summary>The left was made after the right.</summary>
    public static bool operator >(ExecutionId left, ExecutionId right) => left.Value > right.Value;

    /// <summary>The left was made before the right, or is the same.</summary>
    public static bool operator <=(ExecutionId left, ExecutionId right) => left.Value <= right.Value;

    /// <summary>The left was made after the right, or is the same.</summary>
    public static bool operator >=(ExecutionId left, ExecutionId right) => left.Value >= right.Value;

    /// <inheritdoc />
    public override string ToString() => $"e{Value}";
}
