using System.Text;
using BuildFarm.Digests;
using BuildFarm.Hosting.Local;

namespace BuildFarm.Cli.Inputs;

/// <summary>
/// Remembers the digests of a folder's files between commands, so that only changed files are read. An entry counts only
/// while the file's size, times and inode are those it was hashed with. One file per folder, replaced whole; a file that
/// cannot be read is an empty cache, never an error.
/// </summary>
public sealed class DigestCache
{
    private const uint Magic = 0x31434446;

    // A file that changed this shortly before it was hashed could change again within one tick of its time stamps.
    private const long SettledNanos = 2_000_000_000;

    private readonly string? _file;
    private readonly Dictionary<string, (FileFacts Facts, Digest Digest)> _known;
    private readonly Dictionary<string, (FileFacts Facts, Digest Digest)> _fresh = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private bool _changed;

    private DigestCache(string? file, Dictionary<string, (FileFacts Facts, Digest Digest)> known)
    {
        _file = file;
        _known = known;
    }

    /// <summary>Remembers nothing.</summary>
    public static DigestCache Nothing() => new(null, []);

    /// <summary>The cache for a folder, below <c>$XDG_CACHE_HOME/buildfarm</c> or <c>~/.cache/buildfarm</c>.</summary>
    public static DigestCache ForFolder(string folder)
    {
        var caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(caches) || !Path.IsPathRooted(caches))
        {
            caches = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        }

        var name = Digest.OfBytes(Encoding.UTF8.GetBytes(Path.GetFullPath(folder))).HashHex[..32];
        return Open(Path.Combine(caches, "buildfarm", "digests", name));
    }

    /// <summary>The cache that is kept in one file.</summary>
    public static DigestCache Open(string file)
    {
        try
        {
            using var reader = new BinaryReader(File.OpenRead(file), Encoding.UTF8);
            return new DigestCache(file, Read(reader));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or DigestFormatException)
        {
            return new DigestCache(file, []);
        }
    }

    /// <summary>The digest of the file with these facts, when it is known. Safe for concurrent calls.</summary>
    public bool TryGet(string path, in FileFacts facts, out Digest digest)
    {
        if (_known.TryGetValue(path, out var entry) && entry.Facts == facts)
        {
            digest = entry.Digest;
            lock (_gate)
            {
                _fresh[path] = entry;
            }

            return true;
        }

        digest = default;
        return false;
    }

    /// <summary>Remembers a digest that was computed at <paramref name="now"/>. Safe for concurrent calls.</summary>
    public void Add(string path, in FileFacts facts, Digest digest, DateTimeOffset now)
    {
        var nowNanos = now.ToUnixTimeMilliseconds() * 1_000_000;
        if (Math.Max(facts.ModifiedNanos, facts.ChangedNanos) > nowNanos - SettledNanos)
        {
            return;
        }

        lock (_gate)
        {
            _fresh[path] = (facts, digest);
            _changed = true;
        }
    }

    /// <summary>Writes what was seen since it was opened. A folder that cannot be written to costs only time.</summary>
    public void Save()
    {
        lock (_gate)
        {
            if (_file is null || (!_changed && _fresh.Count == _known.Count))
            {
                return;
            }

            try
            {
                var folder = OwnerOnlyDirectory.Create(Path.GetDirectoryName(_file)!).FullName;
                FarmFolderTag.Put(folder);
                var part = $"{_file}.{Environment.ProcessId}";
                using (var writer = new BinaryWriter(File.Create(part), Encoding.UTF8))
                {
                    Write(writer, _fresh);
                }

                File.Move(part, _file, overwrite: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return;
            }
        }
    }

    private static Dictionary<string, (FileFacts Facts, Digest Digest)> Read(BinaryReader reader)
    {
        if (reader.ReadUInt32() != Magic)
        {
            throw new InvalidDataException("another format");
        }

        var count = reader.ReadInt32();
        var known = new Dictionary<string, (FileFacts Facts, Digest Digest)>(Math.Clamp(count, 0, InputScanner.MaxEntries), StringComparer.Ordinal);
        Span<byte> hash = stackalloc byte[DigestFunction.Sha256.HashLength];
        for (var i = 0; i < count; i++)
        {
            var path = reader.ReadString();
            var facts = new FileFacts(
                FileKind.File, reader.ReadBoolean(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadUInt64());
            reader.BaseStream.ReadExactly(hash);
            known[path] = (facts, new Digest(DigestFunction.Sha256, hash, facts.SizeBytes));
        }

        return known;
    }

    private static void Write(BinaryWriter writer, Dictionary<string, (FileFacts Facts, Digest Digest)> entries)
    {
        writer.Write(Magic);
        writer.Write(entries.Count);
        Span<byte> hash = stackalloc byte[DigestFunction.Sha256.HashLength];
        foreach (var (path, (facts, digest)) in entries)
        {
            writer.Write(path);
            writer.Write(facts.Executable);
            writer.Write(facts.SizeBytes);
            writer.Write(facts.ModifiedNanos);
            writer.Write(facts.ChangedNanos);
            writer.Write(facts.Inode);
            digest.CopyHashTo(hash);
            writer.Write(hash);
        }
    }
}
