namespace BuildFarm.Digests.Trees;

/// <summary>
/// Collects files, symlinks and empty directories by path, and makes the tree of them. Parents come by themselves. Paths are relative to the
/// root with <c>/</c> between segments. Not thread-safe.
/// </summary>
public sealed class MerkleTreeBuilder
{
    private readonly TreeDirectory _root = new(Owner: null);

    /// <summary>Files, symlinks and explicitly added directories so far.</summary>
    public int Count { get; private set; }

    /// <exception cref="InvalidTreeException">The path is malformed, or something else stands there or on the way.</exception>
    public MerkleTreeBuilder AddFile(string path, Digest digest, bool isExecutable = false)
    {
        if (digest.IsDefault)
            throw new ArgumentException($"{path}: a file needs a digest", nameof(digest));
        Add(path, new TreeFile(digest, isExecutable, Properties: null, Owner: null));
        return this;
    }

    /// <param name="path">Of the link.</param>
    /// <param name="target">As the link holds it, with <c>/</c>; relative to the link's directory unless absolute.</param>
    /// <exception cref="InvalidTreeException">The path or the target is malformed, or something else stands there or on the way.</exception>
    public MerkleTreeBuilder AddSymlink(string path, string target)
    {
        DirectoryRules.CheckTarget(path, target, allowAbsolute: true);
        Add(path, new TreeSymlink(target, Properties: null, Owner: null));
        return this;
    }

    /// <summary>Adds a directory, which may stay empty. One that is there already stays as it is.</summary>
    /// <exception cref="InvalidTreeException">The path is malformed, or a file or a symlink stands there or on the way.</exception>
    public MerkleTreeBuilder AddDirectory(string path)
    {
        OpenFolder(path, TreePath.Split(path));
        Count++;
        return this;
    }

    /// <summary>The tree as it is now. The builder can go on.</summary>
    public MerkleTree Build()
    {
        var blobs = new Dictionary<Digest, DirectoryBlob>();
        var root = _root.Seal(blobs);
        return new MerkleTree(root, blobs);
    }

    private void Add(string path, TreeNode node)
    {
        var segments = TreePath.Split(path);
        if (segments.Length == 0)
            throw new InvalidTreeException($"the root of a tree cannot be {node.Noun}");
        var folder = OpenFolder(path, segments.AsSpan(..^1));
        if (!folder.Entries.TryAdd(segments[^1], node))
            throw new InvalidTreeException($"{path}: {folder.Entries[segments[^1]].Noun} stands there already");
        Count++;
    }

    private TreeDirectory OpenFolder(string path, ReadOnlySpan<string> segments)
    {
        var folder = _root;
        foreach (var segment in segments)
        {
            if (!folder.Entries.TryGetValue(segment, out var node))
                folder.Entries.Add(segment, node = new TreeDirectory(Owner: null));
            folder = node as TreeDirectory ?? throw new InvalidTreeException($"{path}: {segment} is {node.Noun}, so nothing can be below it");
        }

        return folder;
    }
}
