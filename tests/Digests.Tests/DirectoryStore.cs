using BuildFarm.Digests.Trees;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Digests.Tests;

/// <summary>Messages by digest, as a CAS has them, and which were read.</summary>
internal sealed class DirectoryStore
{
    private readonly Dictionary<Digest, Reapi.Directory> _directories = [];
    private readonly Dictionary<Digest, Reapi.Tree> _trees = [];

    public List<Digest> Reads { get; } = [];

    public Digest Add(Reapi.Directory directory)
    {
        var digest = Digest.OfMessage(directory);
        _directories[digest] = directory;
        return digest;
    }

    public Digest Add(MerkleTree tree)
    {
        foreach (var (digest, blob) in tree.Directories)
            _directories[digest] = Reapi.Directory.Parser.ParseFrom(blob.Bytes.Span);
        return tree.Root;
    }

    /// <summary>Under a digest that is not that of the message.</summary>
    public void AddLie(Digest digest, Reapi.Directory directory) => _directories[digest] = directory;

    /// <summary>Stores a tree as the one message that ActionResults refer to.</summary>
    public Digest AddAsTree(MerkleTree tree)
    {
        var message = new Reapi.Tree { Root = tree.Directories[tree.Root].Message };
        message.Children.AddRange(tree.Directories.Where(pair => pair.Key != tree.Root).Select(pair => pair.Value.Message));
        var digest = Digest.OfMessage(message);
        _trees[digest] = message;
        return digest;
    }

    public void Remove(Digest digest) => _directories.Remove(digest);

    public ValueTask<Reapi.Directory?> FetchAsync(Digest digest, CancellationToken cancellationToken)
    {
        Reads.Add(digest);
        return ValueTask.FromResult(_directories.GetValueOrDefault(digest));
    }

    public ValueTask<Reapi.Tree?> FetchTreeAsync(Digest digest, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_trees.GetValueOrDefault(digest));

    /// <summary>Every path of a tree, with what stands there: file digests, <c>-> target</c>, or <c>/</c> for an empty directory.</summary>
    public IReadOnlyDictionary<string, string> Flatten(Digest root)
    {
        var paths = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Flatten(root, "", paths);
        return paths;
    }

    private void Flatten(Digest digest, string path, SortedDictionary<string, string> paths)
    {
        var directory = _directories[digest];
        foreach (var file in directory.Files)
            paths.Add(TreePath.Join(path, file.Name), file.Digest.ToDigest("file") + (file.IsExecutable ? " x" : ""));
        foreach (var link in directory.Symlinks)
            paths.Add(TreePath.Join(path, link.Name), "-> " + link.Target);
        foreach (var child in directory.Directories)
            Flatten(child.Digest.ToDigest("directory"), TreePath.Join(path, child.Name), paths);
        if (digest == Digest.Empty && path.Length > 0)
            paths.Add(path, "/");
    }
}
