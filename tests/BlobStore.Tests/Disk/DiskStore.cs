using BuildFarm.BlobStore.Disk;
using BuildFarm.Digests;
using Microsoft.Extensions.Logging.Abstractions;

namespace BuildFarm.BlobStore.Tests.Disk;

/// <summary>A disk store with its directory, which can be stopped in order, or dropped as a crash would.</summary>
internal sealed class DiskStore : IAsyncDisposable
{
    private readonly StoreDirectory _directory;

    public DiskStore(string path, DiskBlobStoreOptions? options = null, TimeProvider? time = null)
    {
        _directory = StoreDirectory.Open(path);
        Blobs = DiskBlobStore.Open(_directory, options ?? new DiskBlobStoreOptions(), time ?? TimeProvider.System, NullLogger<DiskBlobStore>.Instance);
    }

    public DiskBlobStore Blobs { get; }

    public string FileOf(Digest digest, bool executable = false) =>
        $"{_directory.Root}/blobs/{digest.Function.Name}/{digest.HashHex[..2]}/{digest.HashHex}{(executable ? "x" : "")}";

    /// <summary>What a crash leaves: the files as they are, and an index that was not closed.</summary>
    public static void CrashCopy(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("/lock", StringComparison.Ordinal)))
        {
            using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = File.Create(Path.Combine(to, Path.GetRelativePath(from, file)));
            source.CopyTo(copy);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Blobs.DisposeAsync();
        _directory.Dispose();
    }
}
