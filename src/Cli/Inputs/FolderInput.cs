using BuildFarm.Digests;

namespace BuildFarm.Cli.Inputs;

/// <summary>A folder that is listed and hashed once, and of which tasks take parts.</summary>
public sealed class FolderInput
{
    private readonly Dictionary<string, Digest> _digests = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly DigestCache _cache;

    private FolderInput(string folder, IReadOnlyList<InputEntry> entries, TimeProvider time)
    {
        Folder = folder;
        Entries = entries;
        _time = time;
        _cache = DigestCache.ForFolder(folder);
    }

    /// <summary>Where it is.</summary>
    public string Folder { get; }

    /// <summary>Everything that is not ignored.</summary>
    public IReadOnlyList<InputEntry> Entries { get; }

    /// <summary>Lists a folder.</summary>
    public static FolderInput Open(string folder, TimeProvider time, CancellationToken cancellationToken) =>
        new(folder, InputScanner.Scan(folder, cancellationToken), time);

    /// <summary>Reads what has not been read yet; to be called once with everything that any tree will have.</summary>
    public async Task HashAsync(IEnumerable<InputEntry> entries, CancellationToken cancellationToken)
    {
        var wanted = entries.Where(entry => !_digests.ContainsKey(entry.Path)).DistinctBy(entry => entry.Path).ToArray();
        foreach (var (path, digest) in await new FileHasher(Folder, _cache, _time).HashAsync(wanted, cancellationToken))
        {
            _digests[path] = digest;
        }
    }

    /// <summary>The tree of entries that have been hashed, and of files that are on no disk.</summary>
    public InputTree Tree(IReadOnlyCollection<InputEntry> entries, IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? added = null) =>
        InputTree.Of(Folder, entries, _digests, added);
}
