using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Digests.Trees;

/// <summary>An entry of a tree that is being made. <c>Owner</c> says who put it there: null for the tree underneath, else a name for errors.</summary>
internal abstract record TreeNode(string? Owner)
{
    /// <summary>For errors: a file, a symlink, a directory.</summary>
    public abstract string Noun { get; }
}

internal sealed record TreeFile(Digest Digest, bool IsExecutable, Reapi.NodeProperties? Properties, string? Owner) : TreeNode(Owner)
{
    public override string Noun => "a file";

    public bool SameAs(TreeFile other) => Digest == other.Digest && IsExecutable == other.IsExecutable && Equals(Properties, other.Properties);
}

internal sealed record TreeSymlink(string Target, Reapi.NodeProperties? Properties, string? Owner) : TreeNode(Owner)
{
    public override string Noun => "a symlink";

    public bool SameAs(TreeSymlink other) => string.Equals(Target, other.Target, StringComparison.Ordinal) && Equals(Properties, other.Properties);
}

/// <summary>A directory known by its digest alone: its message has not been needed yet.</summary>
internal sealed record TreeSubtree(Digest Digest, string? Owner) : TreeNode(Owner)
{
    public override string Noun => "a directory";
}

/// <summary>A directory whose entries are in memory, and can change.</summary>
internal sealed record TreeDirectory(string? Owner) : TreeNode(Owner)
{
    public override string Noun => "a directory";

    /// <summary>By name, in the order of the canonical form.</summary>
    public SortedDictionary<string, TreeNode> Entries { get; } = new(Utf8Order.Instance);

    public Reapi.NodeProperties? Properties { get; init; }

    public static TreeDirectory FromMessage(Reapi.Directory message, string? owner)
    {
        var directory = new TreeDirectory(owner) { Properties = message.NodeProperties };
        foreach (var file in message.Files)
            directory.Entries.Add(file.Name, new TreeFile(Digest.FromProto(file.Digest, file.Name, DigestFunction.Sha256), file.IsExecutable, file.NodeProperties, owner));
        foreach (var link in message.Symlinks)
            directory.Entries.Add(link.Name, new TreeSymlink(link.Target, link.NodeProperties, owner));
        foreach (var child in message.Directories)
            directory.Entries.Add(child.Name, new TreeSubtree(Digest.FromProto(child.Digest, child.Name, DigestFunction.Sha256), owner));
        return directory;
    }

    /// <summary>Makes the messages of this directory and of all below it that are in memory, children first.</summary>
    /// <param name="blobs">Gains every message made.</param>
    /// <returns>The digest of this directory.</returns>
    public Digest Seal(Dictionary<Digest, DirectoryBlob> blobs)
    {
        var message = new Reapi.Directory { NodeProperties = Properties };
        foreach (var (name, node) in Entries)
        {
            switch (node)
            {
                case TreeFile file:
                    message.Files.Add(new Reapi.FileNode
                    {
                        Name = name,
                        Digest = file.Digest.ToProto(),
                        IsExecutable = file.IsExecutable,
                        NodeProperties = file.Properties,
                    });
                    break;
                case TreeSymlink link:
                    message.Symlinks.Add(new Reapi.SymlinkNode { Name = name, Target = link.Target, NodeProperties = link.Properties });
                    break;
                case TreeSubtree subtree:
                    message.Directories.Add(new Reapi.DirectoryNode { Name = name, Digest = subtree.Digest.ToProto() });
                    break;
                case TreeDirectory directory:
                    message.Directories.Add(new Reapi.DirectoryNode { Name = name, Digest = directory.Seal(blobs).ToProto() });
                    break;
            }
        }

        var blob = DirectoryBlob.Of(message);
        blobs[blob.Digest] = blob;
        return blob.Digest;
    }
}
