namespace BuildFarm.Digests.Trees;

/// <summary>A tree of Directory messages in canonical form: equal content gives an equal root, whatever the order it was added in.</summary>
/// <param name="Root">Digest of the root's Directory.</param>
/// <param name="Directories">The messages by digest, the root too: what the CAS must hold besides the files.</param>
public sealed record MerkleTree(Digest Root, IReadOnlyDictionary<Digest, DirectoryBlob> Directories)
{
    /// <summary>The tree with nothing in it. Its root is the empty blob.</summary>
    public static MerkleTree Empty { get; } = new MerkleTreeBuilder().Build();
}
