namespace BuildFarm.Coordinator.Leading;

/// <summary>Of a coordinator whose journal nobody else can have.</summary>
public sealed class SoleLeadership : ILeadership
{
    /// <inheritdoc />
    public bool Leads => true;

    /// <inheritdoc />
    public string? LeaderAddress => null;

    /// <inheritdoc />
    public string? LostBecause => null;

    /// <inheritdoc />
    public Task<CancellationToken> AcquireAsync(CancellationToken cancellationToken) => Task.FromResult(CancellationToken.None);

    /// <inheritdoc />
    public ValueTask ReleaseAsync() => ValueTask.CompletedTask;

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
