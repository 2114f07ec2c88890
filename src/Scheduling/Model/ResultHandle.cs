namespace BuildFarm.Scheduling;

/// <summary>Where the result of an action is kept, as one opaque key. The scheduler hands it on and never reads it.</summary>
public readonly record struct ResultHandle(string Key)
{
    /// <inheritdoc />
    public override string ToString() => Key;
}
