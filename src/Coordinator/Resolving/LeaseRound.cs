using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.Digests.Trees;
using Digest = BuildFarm.Digests.Digest;
using DigestFunction = BuildFarm.Digests.DigestFunction;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;
using ProtoDigest = Build.Bazel.Remote.Execution.V2.Digest;

namespace BuildFarm.Coordinator.Resolving;

/// <summary>One round of asking the CAS for everything that tasks count on, each tree once however many tasks share it.</summary>
/// <param name="blobs">The CAS; asking renews.</param>
internal sealed class LeaseRound(IBlobStore blobs)
{
    private const int DigestsAtOnce = 10_000;

    // Directories, Actions and results seen; a round with more asks for some of them twice.
    private const int MostSeen = 1_000_000;

    private readonly HashSet<Digest> _seen = [];
    private readonly HashSet<ActionResult> _seenResults = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Digest> _files = [];

    /// <summary>Blobs that are not there.</summary>
    public int Missing { get; private set; }

    public async ValueTask AddActionAsync(ProtoDigest? action, DigestFunction function, CancellationToken cancellationToken)
    {
        if (action is null || !See(Digest.FromProto(action, "action_digest", function))
            || await ReadAsync<Build.Bazel.Remote.Execution.V2.Action>(Digest.FromProto(action, "action_digest", function), cancellationToken) is not { } found)
        {
            return;
        }

        await AddFileAsync(Digest.FromProto(found.CommandDigest, "command_digest", function), cancellationToken);
        await AddTreeAsync(found.InputRootDigest, function, cancellationToken);
    }

    public async ValueTask AddTreeAsync(ProtoDigest? root, DigestFunction function, CancellationToken cancellationToken)
    {
        if (root is null)
        {
            return;
        }

        var next = new Stack<Digest>([Digest.FromProto(root, "input_root_digest", function)]);
        while (next.TryPop(out var digest))
        {
            if (digest.IsEmptyBlob || !See(digest) || await ReadAsync<Directory>(digest, cancellationToken) is not { } directory)
            {
                continue;
            }

            foreach (var file in directory.Files)
            {
                await AddFileAsync(Digest.FromProto(file.Digest, file.Name, function), cancellationToken);
            }

            foreach (var child in directory.Directories)
            {
                next.Push(Digest.FromProto(child.Digest, child.Name, function));
            }
        }
    }

    public async ValueTask AddResultAsync(ActionResult? result, DigestFunction function, CancellationToken cancellationToken)
    {
        if (result is not null && _seenResults.Add(result))
        {
            Missing += (await ResultBlobs.FindMissingAsync(result, function, blobs, cancellationToken)).Count;
        }
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        Missing += (await blobs.FindMissingAsync(_files, cancellationToken)).Count;
        _files.Clear();
    }

    private bool See(Digest digest)
    {
        if (_seen.Count >= MostSeen)
        {
            _seen.Clear();
        }

        return _seen.Add(digest);
    }

    private async ValueTask AddFileAsync(Digest digest, CancellationToken cancellationToken)
    {
        _files.Add(digest);
        if (_files.Count >= DigestsAtOnce)
        {
            await FlushAsync(cancellationToken);
        }
    }

    private async ValueTask<T?> ReadAsync<T>(Digest digest, CancellationToken cancellationToken)
        where T : class, Google.Protobuf.IMessage<T>, new()
    {
        var message = await blobs.GetMessageAsync<T>(digest, cancellationToken: cancellationToken);
        Missing += message is null ? 1 : 0;
        return message;
    }
}
