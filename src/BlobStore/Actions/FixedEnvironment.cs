namespace BuildFarm.BlobStore.Actions;

/// <summary>One environment for every instance, known from the start: for a cache that stands alone.</summary>
/// <param name="environment">Its identity.</param>
public sealed class FixedEnvironment(string environment) : IInstanceEnvironment
{
    /// <inheritdoc />
    public string TryGet(string instanceName) => environment;

    /// <inheritdoc />
    public ValueTask<string> GetAsync(string instanceName, CancellationToken cancellationToken) => ValueTask.FromResult(environment);
}
