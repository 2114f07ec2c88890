using BuildFarm.Digests;
using BuildFarm.Digests.Trees;

namespace BuildFarm.Cli.Inputs;

/// <summary>A tree that is ready to travel: its Directory messages and where the bytes of its files are.</summary>
/// <param name="Tree">The messages.</param>
/// <param name="Files">Path on disk of each file's blob.</param>
/// <param name="Contents">Bytes of files that are on no disk.</param>
public sealed record InputTree(
    MerkleTree Tree, IReadOnlyDictionary<Digest, string> Files, IReadOnlyDictionary<Digest, ReadOnlyMemory<byte>> Contents)
{
    private static readonly Dictionary<Digest, ReadOnlyMemory<byte>> NoContents = [];

    /// <summary>Nothing.</summary>
    public static InputTree Empty { get; } = new(MerkleTree.Empty, new Dictionary<Digest, string>(), NoContents);

    /// <summary>Makes the tree of entries whose files have been hashed.</summary>
    /// <exception cref="FarmException">A name cannot travel; the line says which.</exception>
    public static InputTree Of(
        string root,
        IReadOnlyCollection<InputEntry> entries,
        IReadOnlyDictionary<string, Digest> digests,
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? added = null)
    {
        var builder = new MerkleTreeBuilder();
        var files = new Dictionary<Digest, string>();
        var contents = added is null ? NoContents : [];
        try
        {
            foreach (var entry in entries)
            {
                switch (entry.Facts.Kind)
                {
                    case FileKind.Directory:
                        builder.AddDirectory(entry.Path);
                        break;
                    case FileKind.Symlink:
                        builder.AddSymlink(entry.Path, entry.LinkTarget ?? string.Empty);
                        break;
                    default:
                        var digest = digests[entry.Path];
                        builder.AddFile(entry.Path, digest, entry.Facts.Executable);
                        files[digest] = Path.Combine(root, entry.Path);
                        break;
                }
            }

            foreach (var (path, content) in added ?? new Dictionary<string, ReadOnlyMemory<byte>>())
            {
                var digest = Digest.OfBytes(content.Span);
                builder.AddFile(path, digest);
                contents[digest] = content;
            }
        }
        catch (InvalidTreeException error)
        {
            throw FarmException.Usage($"The input folder {root} cannot travel: {error.Message}; rename it, or name it in .farmignore.", error);
        }

        return new InputTree(builder.Build(), files, contents);
    }
}
