using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Digests.Trees;

/// <summary>One merge under way: the directories it has in memory, and how entries meet. Its digests are SHA-256's, as those of all jobs.</summary>
internal sealed class TreeMerge(FetchMessage<Reapi.Directory> fetch, CancellationToken cancellationToken)
{
    /// <summary>Messages that came inside Trees; the CAS does not have them as blobs of their own.</summary>
    private readonly Dictionary<Digest, DirectoryBlob> _learned = [];

    public void Learn(DirectoryBlob blob) => _learned[blob.Digest] = blob;

    public ValueTask<TreeDirectory> OpenRootAsync(Digest root) => LoadAsync(new TreeSubtree(root, Owner: null), path: "");

    /// <summary>Puts a node at a path; its parents come by themselves.</summary>
    public async ValueTask PlaceAsync(TreeDirectory root, string path, TreeNode node)
    {
        var segments = TreePath.Split(path);
        if (segments.Length == 0)
        {
            if (node is not TreeSubtree subtree)
                throw new InvalidTreeException($"{node.Owner}: an output cannot be {node.Noun} in place of the whole input root");
            await MergeDirectoriesAsync(root, await LoadAsync(subtree, path).ConfigureAwait(false), path).ConfigureAwait(false);
            return;
        }

        var folder = root;
        for (var i = 0; i < segments.Length - 1; i++)
            folder = await EnterAsync(folder, segments[i], string.Join('/', segments[..(i + 1)]), node.Owner).ConfigureAwait(false);
        await PutAsync(folder, segments[^1], path, node).ConfigureAwait(false);
    }

    /// <summary>The merged tree with the messages that are new, those that came inside Trees and are still part of it too.</summary>
    public MerkleTree Seal(TreeDirectory root)
    {
        var blobs = new Dictionary<Digest, DirectoryBlob>();
        var digest = root.Seal(blobs);
        var pending = new Stack<DirectoryBlob>(blobs.Values);
        while (pending.TryPop(out var blob))
        {
            foreach (var child in blob.Message.Directories)
            {
                if (_learned.Remove(Digest.FromProto(child.Digest, child.Name, DigestFunction.Sha256), out var learned) && blobs.TryAdd(learned.Digest, learned))
                    pending.Push(learned);
            }
        }

        return new MerkleTree(digest, blobs);
    }

    private async ValueTask<TreeDirectory> EnterAsync(TreeDirectory folder, string name, string path, string? owner)
    {
        if (!folder.Entries.TryGetValue(name, out var node))
            folder.Entries.Add(name, node = new TreeDirectory(owner));
        if (node is TreeSubtree subtree)
            folder.Entries[name] = node = await LoadAsync(subtree, path).ConfigureAwait(false);
        return node as TreeDirectory ?? throw new InvalidTreeException(
            $"{path}: {Whose(owner)} has outputs below it, but it is {node.Noun} of {Whose(node.Owner)}; write to another path");
    }

    private async ValueTask PutAsync(TreeDirectory folder, string name, string path, TreeNode node)
    {
        if (!folder.Entries.TryGetValue(name, out var present))
        {
            folder.Entries.Add(name, node);
            return;
        }

        switch (present, node)
        {
            case (TreeSubtree old, TreeSubtree @new) when old.Digest == @new.Digest:
                Claim(folder, name, present, node);
                return;
            case (TreeSubtree or TreeDirectory, TreeSubtree or TreeDirectory):
                var target = await InMemoryAsync(present, path).ConfigureAwait(false);
                folder.Entries[name] = target;
                await MergeDirectoriesAsync(target, await InMemoryAsync(node, path).ConfigureAwait(false), path).ConfigureAwait(false);
                return;
            case (TreeFile old, TreeFile @new) when old.SameAs(@new):
            case (TreeSymlink oldLink, TreeSymlink newLink) when oldLink.SameAs(newLink):
                Claim(folder, name, present, node);
                return;
            case (TreeFile or TreeSymlink, TreeFile or TreeSymlink) when present.Owner is null || string.Equals(present.Owner, node.Owner, StringComparison.Ordinal):
                folder.Entries[name] = node;
                return;
            case (TreeFile or TreeSymlink, TreeFile or TreeSymlink):
                throw new InvalidTreeException(
                    $"{path}: {Whose(node.Owner)} and {Whose(present.Owner)} both make it, with different content; let one of them write elsewhere");
            default:
                throw new InvalidTreeException(
                    $"{path}: it is {node.Noun} of {Whose(node.Owner)} and {present.Noun} of {Whose(present.Owner)}; let one of them write elsewhere");
        }
    }

    /// <summary>An output equal to the input underneath still belongs to its task: else the order of layers would decide what is a conflict.</summary>
    private static void Claim(TreeDirectory folder, string name, TreeNode present, TreeNode node)
    {
        if (present.Owner is null)
            folder.Entries[name] = node;
    }

    private async ValueTask MergeDirectoriesAsync(TreeDirectory target, TreeDirectory source, string path)
    {
        foreach (var (name, node) in source.Entries)
            await PutAsync(target, name, TreePath.Join(path, name), node).ConfigureAwait(false);
    }

    private ValueTask<TreeDirectory> InMemoryAsync(TreeNode node, string path) =>
        node is TreeDirectory directory ? ValueTask.FromResult(directory) : LoadAsync((TreeSubtree)node, path);

    private async ValueTask<TreeDirectory> LoadAsync(TreeSubtree subtree, string path)
    {
        if (path.Count('/') >= TreeLimits.Default.MaxDepth)
            throw new InvalidTreeException($"{path}: the tree is deeper than {TreeLimits.Default.MaxDepth} levels");
        Reapi.Directory? message;
        if (_learned.TryGetValue(subtree.Digest, out var learned))
            message = learned.Message;
        else if (subtree.Digest.IsEmptyBlob)
            message = new Reapi.Directory();
        else
            message = await fetch(subtree.Digest, cancellationToken).ConfigureAwait(false);
        if (message is null)
            throw new MissingDirectoriesException([subtree.Digest], $"the store lacks the directory {subtree.Digest} of {(path.Length == 0 ? "the input root" : path)}");
        DirectoryRules.Check(message, path, limits: null, DigestFunction.Sha256);
        return TreeDirectory.FromMessage(message, subtree.Owner);
    }

    private static string Whose(string? owner) => owner is null ? "the inputs" : $"task {owner}";
}
