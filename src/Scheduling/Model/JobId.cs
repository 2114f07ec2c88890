namespace BuildFarm.Scheduling;

/// <summary>Names a job. Chosen by the coordinator; the scheduler compares it and nothing more.</summary>
public readonly record struct JobId(string Value)
{
    /// <inheritdoc />
    public override string ToString() => Value;
}
