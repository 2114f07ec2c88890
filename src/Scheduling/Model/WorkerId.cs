namespace BuildFarm.Scheduling;

/// <summary>Names a worker, stable across its restarts.</summary>
public readonly record struct WorkerId(string Value)
{
    /// <inheritdoc />
    public override string ToString() => Value;
}
