using System.Globalization;
using System.Runtime.CompilerServices;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.Digests.Trees;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Cache.Cas;

/// <summary>
/// Reads the directories of a tree, parents before children, each distinct one once. The order depends on the tree alone, so
/// that a page token is just the number of directories before the page. Directories that are missing are left out, as the
/// contract says; a missing root is NOT_FOUND.
/// </summary>
internal sealed class TreeReader(IBlobStore blobs)
{
    public async IAsyncEnumerable<GetTreeResponse> ReadAsync(
        Digest root, int pageSize, string pageToken, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var skip = ParseToken(pageToken);
        var size = pageSize switch
        {
            0 => Limits.TreePageSize,
            > 0 => Math.Min(pageSize, Limits.TreePageSize),
            _ => throw RequestChecks.Invalid($"page_size is {pageSize}; write 0 to leave it to the server."),
        };
        var page = new GetTreeResponse();
        var pageBytes = 0L;
        var read = 0;
        await foreach (var (digest, directory) in WalkAsync(root, cancellationToken))
        {
            if (read >= skip && page.Directories.Count > 0 && (page.Directories.Count == size || pageBytes + digest.SizeBytes > Limits.TreePageBytes))
            {
                page.NextPageToken = read.ToString(CultureInfo.InvariantCulture);
                yield return page;
                page = new GetTreeResponse();
                pageBytes = 0;
            }

            if (read++ >= skip)
            {
                page.Directories.Add(directory);
                pageBytes += digest.SizeBytes;
            }
        }

        yield return page;
    }

    private static int ParseToken(string pageToken) =>
        pageToken.Length == 0 ? 0
        : int.TryParse(pageToken, NumberStyles.None, CultureInfo.InvariantCulture, out var skip) ? skip
        : throw RequestChecks.Invalid("The page_token is none of this server's; use next_page_token of the answer before.");

    private async IAsyncEnumerable<(Digest Digest, Directory Directory)> WalkAsync(
        Digest root, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = new HashSet<Digest> { root };
        var next = new Queue<Digest>(seen);
        while (next.TryDequeue(out var digest))
        {
            var directory = await blobs.GetMessageAsync<Directory>(digest, cancellationToken: cancellationToken);
            if (directory is null)
            {
                if (digest == root)
                {
                    throw new RpcException(new Status(StatusCode.NotFound, $"The root directory {root} is not in the cache."));
                }

                continue;
            }

            foreach (var child in directory.Directories)
            {
                var childDigest = child.Digest.ToDigest(child.Name, root.Function);
                if (seen.Add(childDigest))
                {
                    next.Enqueue(childDigest);
                }
            }

            if (seen.Count > Limits.TreeDirectories)
            {
                throw new RpcException(new Status(StatusCode.ResourceExhausted, $"The tree {root} has more than {Limits.TreeDirectories} directories."));
            }

            yield return (digest, directory);
        }
    }
}
