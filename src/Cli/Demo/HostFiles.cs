using BuildFarm.Cli.Inputs;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;

namespace BuildFarm.Cli.Demo;

/// <summary>Makes input trees of single files of this machine; each file is read once, however many trees have it.</summary>
internal sealed class HostFiles
{
    private readonly Dictionary<string, Digest> _digests = new(StringComparer.Ordinal);

    /// <summary>A tree of files, each given as its path in the tree and on disk. None of them is executable.</summary>
    /// <param name="files">Each path once.</param>
    /// <param name="added">Files that are on no disk, by path.</param>
    /// <param name="cancellationToken">Stops between files.</param>
    /// <exception cref="FarmException">A file cannot be read.</exception>
    public async Task<InputTree> TreeAsync(
        IEnumerable<(string Path, string File)> files,
        IEnumerable<(string Path, ReadOnlyMemory<byte> Content)> added,
        CancellationToken cancellationToken)
    {
        var builder = new MerkleTreeBuilder();
        var sources = new Dictionary<Digest, string>();
        var contents = new Dictionary<Digest, ReadOnlyMemory<byte>>();
        foreach (var (path, file) in files)
        {
            var digest = await DigestAsync(file, cancellationToken);
            builder.AddFile(path, digest);
            sources[digest] = file;
        }

        foreach (var (path, content) in added)
        {
            var digest = Digest.OfBytes(content.Span);
            builder.AddFile(path, digest);
            contents[digest] = content;
        }

        return new InputTree(builder.Build(), sources, contents);
    }

    private async Task<Digest> DigestAsync(string file, CancellationToken cancellationToken)
    {
        if (_digests.TryGetValue(file, out var known))
        {
            return known;
        }

        try
        {
            await using var content = File.OpenRead(file);
            return _digests[file] = await Digest.OfStreamAsync(content, cancellationToken: cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FarmException.Usage($"Cannot read {file}, which the demo needs: {error.Message}", error);
        }
    }
}
