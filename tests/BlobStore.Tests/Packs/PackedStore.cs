using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Packs;
using BuildFarm.Digests;
using Microsoft.Extensions.Logging.Abstractions;

namespace BuildFarm.BlobStore.Tests.Packs;

/// <summary>A store with packs and its directory, which can be stopped in order, or left as a crash leaves it.</summary>
internal sealed class PackedStore : IAsyncDisposable
{
    private readonly StoreDirectory _directory;

    public PackedStore(string path, DiskBlobStoreOptions? options = null, TimeProvider? time = null)
    {
        _directory = StoreDirectory.Open(path);
        Blobs = PackingBlobStore.Open(_directory, options ?? new DiskBlobStoreOptions { PackUpTo = 4096 }, time ?? TimeProvider.System, NullLogger<DiskBlobStore>.Instance);
    }

    public PackingBlobStore Blobs { get; }

    public string[] Packs => [.. Directory.GetFiles(Path.Combine(_directory.Root, "packs"), "*.pack").Order(StringComparer.Ordinal)];

    public string[] Lists => [.. Directory.GetFiles(Path.Combine(_directory.Root, "packs"), "*.list").Order(StringComparer.Ordinal)];

    public string[] Files => Directory.GetFiles(Path.Combine(_directory.Root, "blobs"), "*", SearchOption.AllDirectories);

    /// <summary>Bytes of all packs, and whole blocks of all files.</summary>
    public long BytesOnDisk =>
        Packs.Sum(path => new FileInfo(path).Length) + Files.Sum(path => (new FileInfo(path).Length + 4095) / 4096 * 4096);

    /// <summary>Where in which pack a blob's content is.</summary>
    public static (string Pack, int Offset) Find(IEnumerable<string> packs, byte[] content) =>
        packs.Select(pack => (pack, File.ReadAllBytes(pack).AsSpan().IndexOf(content))).First(found => found.Item2 >= 0);

    public static void Damage(string path, int offset)
    {
        using var file = new FileStream(path, FileMode.Open);
        file.Position = offset;
        var before = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(before ^ 1));
    }

    public async ValueTask DisposeAsync()
    {
        await Blobs.DisposeAsync();
        _directory.Dispose();
    }
}
