namespace BuildFarm.BlobStore.Actions;

/// <summary>
/// Tells the environment of an instance: the identity of the root and prelude that its tasks see, which is part of every
/// <see cref="ActionKey"/>. It is known once the first worker has said what it offers.
/// </summary>
public interface IInstanceEnvironment
{
    /// <summary>The environment; null while no worker has told it, and then no result of it can be known either.</summary>
    string? TryGet(string instanceName);

    /// <summary>Waits until the environment is known.</summary>
    ValueTask<string> GetAsync(string instanceName, CancellationToken cancellationToken);
}
