using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using Digest = BuildFarm.Digests.Digest;
using DigestFunction = BuildFarm.Digests.DigestFunction;

namespace BuildFarm.BlobStore.Actions;

/// <summary>Which blobs a result stands on: a result that lacks any is neither stored nor a hit.</summary>
public static class ResultBlobs
{
    // A tree of half a million entries takes some 60 MB.
    private const int LargestTreeBytes = 128 << 20;

    /// <summary>
    /// The digests named by the result that the store lacks: files, logs, trees and all that is in the trees. Those it has
    /// get a new lease of life.
    /// </summary>
    /// <param name="result">The result.</param>
    /// <param name="function">What its action is named by: so are its blobs.</param>
    /// <param name="blobs">The store.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="DigestFormatException">The result names a malformed digest.</exception>
    /// <exception cref="InvalidDataException">A tree is no tree.</exception>
    public static async ValueTask<IReadOnlyList<Digest>> FindMissingAsync(
        ActionResult result, DigestFunction function, IBlobStore blobs, CancellationToken cancellationToken)
    {
        var wanted = NamedBy(result, function);
        var missing = await blobs.FindMissingAsync(wanted, cancellationToken);
        if (missing.Count > 0 || result.OutputDirectories.Count == 0)
        {
            return missing;
        }

        var inTrees = new HashSet<Digest>();
        foreach (var directory in result.OutputDirectories)
        {
            await AddTreeAsync(directory, function, inTrees, blobs, cancellationToken);
        }

        return await blobs.FindMissingAsync(inTrees, cancellationToken);
    }

    private static HashSet<Digest> NamedBy(ActionResult result, DigestFunction function)
    {
        var wanted = new HashSet<Digest>();
        foreach (var file in result.OutputFiles)
        {
            wanted.Add(file.Digest.ToDigest(file.Path, function));
        }

        foreach (var directory in result.OutputDirectories)
        {
            if (directory.TreeDigest is not null || directory.RootDirectoryDigest is null)
            {
                wanted.Add(directory.TreeDigest.ToDigest(directory.Path, function));
            }

            if (directory.RootDirectoryDigest is not null)
            {
                wanted.Add(directory.RootDirectoryDigest.ToDigest(directory.Path, function));
            }
        }

        if (result.StdoutDigest is not null)
        {
            wanted.Add(result.StdoutDigest.ToDigest("stdout_digest", function));
        }

        if (result.StderrDigest is not null)
        {
            wanted.Add(result.StderrDigest.ToDigest("stderr_digest", function));
        }

        return wanted;
    }

    private static async ValueTask AddTreeAsync(
        OutputDirectory directory, DigestFunction function, HashSet<Digest> wanted, IBlobStore blobs, CancellationToken cancellationToken)
    {
        if (directory.TreeDigest is not null)
        {
            var digest = directory.TreeDigest.ToDigest(directory.Path, function);
            var tree = await blobs.GetMessageAsync<Tree>(digest, LargestTreeBytes, cancellationToken);
            if (tree is null)
            {
                wanted.Add(digest);
                return;
            }

            AddFiles(tree.Root, function, wanted);
            foreach (var child in tree.Children)
            {
                AddFiles(child, function, wanted);
            }
        }

        if (directory.RootDirectoryDigest is not null)
        {
            await AddDirectoriesAsync(directory.RootDirectoryDigest.ToDigest(directory.Path, function), wanted, blobs, cancellationToken);
        }
    }

    private static async ValueTask AddDirectoriesAsync(
        Digest root, HashSet<Digest> wanted, IBlobStore blobs, CancellationToken cancellationToken)
    {
        var seen = new HashSet<Digest> { root };
        var next = new Queue<Digest>(seen);
        while (next.TryDequeue(out var digest))
        {
            var directory = await blobs.GetMessageAsync<Build.Bazel.Remote.Execution.V2.Directory>(digest, cancellationToken: cancellationToken);
            wanted.Add(digest);
            AddFiles(directory, root.Function, wanted);
            foreach (var child in directory?.Directories ?? [])
            {
                if (seen.Add(child.Digest.ToDigest(child.Name, root.Function)))
                {
                    next.Enqueue(child.Digest.ToDigest(child.Name, root.Function));
                }
            }
        }
    }

    private static void AddFiles(Build.Bazel.Remote.Execution.V2.Directory? directory, DigestFunction function, HashSet<Digest> wanted)
    {
        foreach (var file in directory?.Files ?? [])
        {
            wanted.Add(file.Digest.ToDigest(file.Name, function));
        }
    }
}
