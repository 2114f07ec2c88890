namespace BuildFarm.Scheduling;

/// <summary>
/// What makes two actions equal, as one opaque key. Whoever makes it puts the instance, the environment and the action's digest
/// into it; the scheduler only compares keys.
/// </summary>
public readonly record struct ActionId(string Key)
{
    /// <inheritdoc />
    public override string ToString() => Key;
}
