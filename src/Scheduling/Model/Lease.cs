namespace BuildFarm.Scheduling;

/// <summary>
/// The right to finish one attempt. The epoch is 1 for an execution's first attempt and grows by one with each; a completion under
/// any other epoch than the newest is refused.
/// </summary>
public readonly record struct Lease(ExecutionId Execution, long Epoch)
{
    /// <inheritdoc />
    public override string ToString() => $"{Execution}#{Epoch}";
}
