using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using BuildFarm.Hosting.Compression;

namespace BuildFarm.Worker.Roots.Images;

/// <summary>Lays one layer over what is there (image specification 1.1, "layer.md"), and verifies it on the way.</summary>
internal static class LayerReader
{
    private const string Whiteout = ".wh.";
    private const string OpaqueWhiteout = ".wh..wh..opq";

    // What the strongest level of zstd uses (128 MiB); a layer may not take more memory.
    private const int ZstdWindowLog = 27;

    /// <exception cref="InvalidImageException">It is damaged, or names something outside the root.</exception>
    public static async Task ApplyAsync(ImageLayer layer, LayerTree tree, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(layer.Path);
        await using var plain = Uncompressed(file);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var hashed = new HashedReading(plain, hash);
        try
        {
            tree.BeginLayer();
            await using (var tar = new TarReader(hashed, leaveOpen: true))
            {
                while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
                {
                    await AddAsync(entry, tree, cancellationToken);
                }
            }

            // What follows the last entry is part of the digest.
            await hashed.CopyToAsync(Stream.Null, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new InvalidImageException($"the layer {layer.ContentDigest} cannot be read: {e.Message}");
        }

        var found = $"sha256:{Convert.ToHexStringLower(hash.GetHashAndReset())}";
        if (found != layer.ContentDigest)
        {
            throw new InvalidImageException($"the layer {layer.ContentDigest} is damaged: its content is {found}");
        }
    }

    private static async Task AddAsync(TarEntry entry, LayerTree tree, CancellationToken cancellationToken)
    {
        var path = LayerPath.Parse(entry.Name);
        if (path.Name == OpaqueWhiteout)
        {
            tree.HideLower(path.Parent);
            return;
        }

        if (path.Name.StartsWith(Whiteout, StringComparison.Ordinal))
        {
            tree.Remove(path.Parent, LayerPath.CheckName(path.Name[Whiteout.Length..]));
            return;
        }

        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                tree.AddFolder(path, entry);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                await tree.AddFileAsync(path, entry, cancellationToken);
                break;
            case TarEntryType.SymbolicLink:
                tree.AddSymbolicLink(path, entry);
                break;
            case TarEntryType.HardLink:
                tree.AddHardLink(path, LayerPath.Parse(entry.LinkName));
                break;
            default:
                // Devices and pipes are of no use to a task: containers have a /dev of their own.
                break;
        }
    }

    /// <summary>By its first bytes: what archives of Docker say about compression is not to be relied on.</summary>
    private static Stream Uncompressed(FileStream file)
    {
        Span<byte> start = stackalloc byte[4];
        var read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return start[..read] switch
        {
            [0x1f, 0x8b, ..] => new GZipStream(file, CompressionMode.Decompress, leaveOpen: true),
            [0x28, 0xb5, 0x2f, 0xfd] => ZstdReadStream.IsHere
                ? new ZstdReadStream(file, ZstdWindowLog)
                : throw new InvalidImageException("its layers are compressed with zstd, and this machine lacks libzstd: apt-get install libzstd1, or write them with gzip"),
            _ => file,
        };
    }
}
