using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.Digests.Trees;
using Action = Build.Bazel.Remote.Execution.V2.Action;

namespace BuildFarm.Coordinator.Why;

/// <summary>What an action is made of, but for its inputs.</summary>
/// <param name="Seen">Where it was seen.</param>
/// <param name="Action">The message.</param>
/// <param name="Command">Its Command.</param>
public sealed record ActionParts(SeenAction Seen, Action Action, Command Command)
{
    /// <summary>Paths of its declared outputs, in order.</summary>
    public IEnumerable<string> Outputs =>
#pragma warning disable CS0612 // Clients of REAPI 2.0 declare outputs by these.
        Command.OutputPaths.Count > 0 ? Command.OutputPaths : Command.OutputFiles.Concat(Command.OutputDirectories).Order(StringComparer.Ordinal);
#pragma warning restore CS0612

    /// <summary>The Action's properties, else the Command's.</summary>
    public IEnumerable<Platform.Types.Property> Properties =>
#pragma warning disable CS0612 // Clients before REAPI 2.2 say it in the Command.
        (Action.Platform ?? Command.Platform)?.Properties ?? Enumerable.Empty<Platform.Types.Property>();
#pragma warning restore CS0612

    /// <summary>Reads them; null when the cache has lost one.</summary>
    /// <exception cref="BlobStoreException">The cache cannot be asked.</exception>
    /// <exception cref="InvalidDataException">A message is none.</exception>
    public static async ValueTask<ActionParts?> ReadAsync(SeenAction seen, IBlobStore blobs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(seen);
        return await blobs.GetMessageAsync<Action>(seen.Action, cancellationToken: cancellationToken) is { } action
            && await blobs.GetMessageAsync<Command>(action.CommandDigest.ToDigest("command_digest", seen.Action.Function), cancellationToken: cancellationToken) is { } command
            ? new ActionParts(seen, action, command)
            : null;
    }
}
