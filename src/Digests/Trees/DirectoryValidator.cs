using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Digests.Trees;

/// <summary>
/// Walks a tree in the CAS and checks that it keeps the contract and the limits. Each distinct Directory is read and checked once, however
/// often it is named; entries, bytes and depth are counted as laid out, so that a small message cannot stand for an endless tree.
/// </summary>
public sealed class DirectoryValidator
{
    private readonly FetchMessage<Reapi.Directory> _fetch;
    private readonly TreeLimits _limits;

    public DirectoryValidator(FetchMessage<Reapi.Directory> fetch, TreeLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(fetch);
        _fetch = fetch;
        _limits = limits ?? TreeLimits.Default;
    }

    /// <exception cref="InvalidTreeException">A rule or a limit is broken.</exception>
    /// <exception cref="DigestFormatException">An entry's digest is absent or malformed.</exception>
    /// <exception cref="MissingDirectoriesException">Directories are absent: all that could be found out, not the first alone.</exception>
    public async ValueTask<TreeSummary> ValidateAsync(Digest root, CancellationToken cancellationToken)
    {
        var walk = new Walk();
        var extent = await VisitAsync(root, path: "", depth: 1, walk, cancellationToken).ConfigureAwait(false);
        if (walk.Missing.Count > 0)
        {
            var more = walk.Missing.Count > 1 ? $" and {walk.Missing.Count - 1} more" : "";
            throw new MissingDirectoriesException(
                walk.Missing, $"the store lacks the directory {walk.Missing[0]} of {Shown(walk.FirstMissingPath)}{more}; upload it");
        }

        return new TreeSummary(extent.Entries, extent.Bytes, extent.Height, walk.Extents.Keys, walk.Files);
    }

    private async ValueTask<Extent> VisitAsync(Digest digest, string path, int depth, Walk walk, CancellationToken cancellationToken)
    {
        if (walk.Extents.TryGetValue(digest, out var known))
        {
            if (known.Height == Extent.InProgress)
                throw new InvalidTreeException($"{Shown(path)}: the directory contains itself");
            CheckDepth(path, depth + known.Height - 1);
            return known;
        }

        CheckDepth(path, depth);
        if (digest.SizeBytes > _limits.MaxDirectoryBytes)
            throw new InvalidTreeException($"{Shown(path)}: the Directory message has {digest.SizeBytes} bytes; at most {_limits.MaxDirectoryBytes} are allowed");

        var directory = digest.IsEmptyBlob ? new Reapi.Directory() : await _fetch(digest, cancellationToken).ConfigureAwait(false);
        if (directory is null)
        {
            walk.AddMissing(digest, path);
            return walk.Extents[digest] = new Extent(0, 0, 1);
        }

        DirectoryRules.Check(directory, path, _limits, digest.Function);
        walk.Extents[digest] = new Extent(0, 0, Extent.InProgress);
        var extent = await SumAsync(directory, digest.Function, path, depth, walk, cancellationToken).ConfigureAwait(false);
        return walk.Extents[digest] = extent;
    }

    private async ValueTask<Extent> SumAsync(
        Reapi.Directory directory, DigestFunction function, string path, int depth, Walk walk, CancellationToken cancellationToken)
    {
        long entries = directory.Files.Count + directory.Symlinks.Count + directory.Directories.Count;
        long bytes = 0;
        foreach (var file in directory.Files)
        {
            var digest = Digest.FromProto(file.Digest, file.Name, function);
            bytes = AddBounded(bytes, digest.SizeBytes);
            if (!digest.IsEmptyBlob)
                walk.Files.Add(digest);
        }

        CheckSize(path, entries, bytes);
        var height = 1;
        foreach (var child in directory.Directories)
        {
            var childPath = TreePath.Join(path, child.Name);
            var extent = await VisitAsync(Digest.FromProto(child.Digest, childPath, function), childPath, depth + 1, walk, cancellationToken).ConfigureAwait(false);
            entries = AddBounded(entries, extent.Entries);
            bytes = AddBounded(bytes, extent.Bytes);
            height = Math.Max(height, extent.Height + 1);
            CheckSize(path, entries, bytes);
        }

        return new Extent(entries, bytes, height);
    }

    /// <summary>After each child and not at the end of the walk, so that a tree that is too large stops where it becomes so.</summary>
    private void CheckSize(string path, long entries, long bytes)
    {
        if (entries > _limits.MaxEntries)
            throw new InvalidTreeException($"{Shown(path)}: the tree has more than {_limits.MaxEntries} entries");
        if (bytes > _limits.MaxTotalBytes)
            throw new InvalidTreeException($"{Shown(path)}: the files of the tree have more than {_limits.MaxTotalBytes} bytes");
    }

    private void CheckDepth(string path, int depth)
    {
        if (depth > _limits.MaxDepth)
            throw new InvalidTreeException($"{Shown(path)}: the tree is deeper than {_limits.MaxDepth} levels");
    }

    private static long AddBounded(long left, long right) => left > long.MaxValue - right ? long.MaxValue : left + right;

    private static string Shown(string path) => path.Length == 0 ? "the input root" : path;

    /// <summary>A directory with everything below it, as laid out.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    private readonly record struct Extent(long Entries, long Bytes, int Height)
    {
        public const int InProgress = -1;
    }

    private sealed class Walk
    {
        public Dictionary<Digest, Extent> Extents { get; } = [];

        public HashSet<Digest> Files { get; } = [];

        public List<Digest> Missing { get; } = [];

        public string FirstMissingPath { get; private set; } = "";

        public void AddMissing(Digest digest, string path)
        {
            if (Missing.Count == 0)
                FirstMissingPath = path;
            Missing.Add(digest);
        }
    }
}
