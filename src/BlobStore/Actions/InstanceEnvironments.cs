using System.Collections.Concurrent;

namespace BuildFarm.BlobStore.Actions;

/// <summary>
/// The environments of this process's instances: announced by who learns them (the coordinator, from workers), asked for by
/// who makes action keys (the cache, the coordinator).
/// </summary>
public sealed class InstanceEnvironments : IInstanceEnvironment
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<string>> _environments = new(StringComparer.Ordinal);

    /// <summary>Says what an instance's environment is. The first announcement stands.</summary>
    /// <returns>False when the instance has another environment already.</returns>
    public bool Announce(string instanceName, string environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var known = Of(instanceName);
        return known.TrySetResult(environment) || string.Equals(known.Task.Result, environment, StringComparison.Ordinal);
    }

    /// <inheritdoc />
    public string? TryGet(string instanceName) =>
        _environments.TryGetValue(instanceName, out var known) && known.Task.IsCompletedSuccessfully ? known.Task.Result : null;

    /// <inheritdoc />
    public async ValueTask<string> GetAsync(string instanceName, CancellationToken cancellationToken) =>
        await Of(instanceName).Task.WaitAsync(cancellationToken);

    private TaskCompletionSource<string> Of(string instanceName) =>
        _environments.GetOrAdd(instanceName, static _ => new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously));
}
