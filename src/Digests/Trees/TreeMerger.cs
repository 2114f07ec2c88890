using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Digests.Trees;

/// <summary>
/// Lays the outputs of finished tasks over a tree of inputs. An output takes the place of a file or symlink underneath, directories merge. What
/// has no order is a conflict and names both sides: two layers with different content at one path, a directory where a file is, a path through
/// a symlink. Only the directories on the way are read.
/// </summary>
public sealed class TreeMerger
{
    private readonly FetchMessage<Reapi.Directory> _fetchDirectory;
    private readonly FetchMessage<Reapi.Tree> _fetchTree;

    public TreeMerger(FetchMessage<Reapi.Directory> fetchDirectory, FetchMessage<Reapi.Tree> fetchTree)
    {
        ArgumentNullException.ThrowIfNull(fetchDirectory);
        ArgumentNullException.ThrowIfNull(fetchTree);
        _fetchDirectory = fetchDirectory;
        _fetchTree = fetchTree;
    }

    /// <param name="inputRoot">A Directory in the CAS.</param>
    /// <param name="layers">In any order: the outcome is the same.</param>
    /// <param name="cancellationToken">Stops between reads.</param>
    /// <returns>The merged tree. Its <see cref="MerkleTree.Directories"/> are those that the CAS may not have yet, not all of them.</returns>
    /// <exception cref="InvalidTreeException">A conflict, or an output path or Tree that breaks a rule.</exception>
    /// <exception cref="DigestFormatException">A digest is absent or malformed.</exception>
    /// <exception cref="MissingDirectoriesException">The CAS lacks a Directory or a Tree that is needed.</exception>
    public async ValueTask<MerkleTree> MergeAsync(Digest inputRoot, IEnumerable<TreeLayer> layers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(layers);
        var merge = new TreeMerge(_fetchDirectory, cancellationToken);
        var root = await merge.OpenRootAsync(inputRoot).ConfigureAwait(false);
        foreach (var layer in layers)
        {
            foreach (var directory in layer.Result.OutputDirectories)
            {
                var path = TreePath.Join(layer.WorkingDirectory, directory.Path);
                var subtree = await ReadOutputAsync(directory, path, layer.Owner, merge, cancellationToken).ConfigureAwait(false);
                await merge.PlaceAsync(root, path, subtree).ConfigureAwait(false);
            }

            foreach (var file in layer.Result.OutputFiles)
            {
                var path = TreePath.Join(layer.WorkingDirectory, file.Path);
                var digest = Digest.FromProto(file.Digest, path, DigestFunction.Sha256);
                await merge.PlaceAsync(root, path, new TreeFile(digest, file.IsExecutable, file.NodeProperties, layer.Owner)).ConfigureAwait(false);
            }

            foreach (var link in SymlinksOf(layer.Result))
            {
                var path = TreePath.Join(layer.WorkingDirectory, link.Path);
                DirectoryRules.CheckTarget(path, link.Target, allowAbsolute: true);
                await merge.PlaceAsync(root, path, new TreeSymlink(link.Target, link.NodeProperties, layer.Owner)).ConfigureAwait(false);
            }
        }

        return merge.Seal(root);
    }

    /// <summary>Newer results have all symlinks in one list and may repeat them in the two of API 2.0; older ones have only those.</summary>
    private static IEnumerable<Reapi.OutputSymlink> SymlinksOf(Reapi.ActionResult result) =>
#pragma warning disable CS0612 // The obsolete lists are the only ones that older servers fill.
        result.OutputSymlinks.Count > 0 ? result.OutputSymlinks : result.OutputFileSymlinks.Concat(result.OutputDirectorySymlinks);
#pragma warning restore CS0612

    private async ValueTask<TreeSubtree> ReadOutputAsync(
        Reapi.OutputDirectory output, string path, string owner, TreeMerge merge, CancellationToken cancellationToken)
    {
        if (output.RootDirectoryDigest is not null)
            return new TreeSubtree(Digest.FromProto(output.RootDirectoryDigest, path, DigestFunction.Sha256), owner);

        var digest = Digest.FromProto(output.TreeDigest, path, DigestFunction.Sha256);
        var tree = digest.IsEmptyBlob ? new Reapi.Tree() : await _fetchTree(digest, cancellationToken).ConfigureAwait(false);
        if (tree is null)
            throw new MissingDirectoriesException([digest], $"the store lacks the Tree {digest} of {owner}'s output {path}; run that task again");
        foreach (var child in tree.Children)
            merge.Learn(DirectoryBlob.Of(child));
        var root = DirectoryBlob.Of(tree.Root ?? new Reapi.Directory());
        merge.Learn(root);
        return new TreeSubtree(root.Digest, owner);
    }
}
