using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace BuildFarm.Worker.Tests.Roots;

/// <summary>Writes OCI image layouts, also such as no tool would write.</summary>
internal sealed class TestLayout(string folder)
{
    private readonly List<object> _manifests = [];

    public string Folder => folder;

    /// <summary>Compresses the first layer of each image.</summary>
    public Func<byte[], byte[]> Pack { get; init; } = Gzip;

    /// <summary>A tar archive of entries.</summary>
    public static byte[] Layer(params TarEntry[] entries)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                writer.WriteEntry(entry);
            }
        }

        return archive.ToArray();
    }

    public static TarEntry File(string name, string content, int mode = 0x1A4, int user = 0) => new PaxTarEntry(TarEntryType.RegularFile, name)
    {
        DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)), Mode = (UnixFileMode)mode, Uid = user, ModificationTime = DateTimeOffset.UnixEpoch.AddYears(40),
    };

    public static TarEntry FolderEntry(string name) => new PaxTarEntry(TarEntryType.Directory, name) { Mode = (UnixFileMode)0x1ED };

    public static TarEntry SymbolicLink(string name, string target) => new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target };

    public static TarEntry HardLink(string name, string target) => new PaxTarEntry(TarEntryType.HardLink, name) { LinkName = target };

    /// <summary>Adds an image of some layers; the first is compressed.</summary>
    public TestLayout Image(string name, string architecture, params byte[][] layers)
    {
        Directory.CreateDirectory($"{folder}/blobs/sha256");
        var configuration = JsonSerializer.SerializeToUtf8Bytes(new
        {
            os = "linux", architecture, rootfs = new { type = "layers", diff_ids = layers.Select(DigestOf) },
        });
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2, config = Store(configuration), layers = layers.Select((layer, i) => Store(i == 0 ? Pack(layer) : layer)),
        });
        _manifests.Add(name.Length == 0 ? Store(manifest) : Annotated(manifest, name));
        System.IO.File.WriteAllText($"{folder}/index.json", JsonSerializer.Serialize(new { schemaVersion = 2, manifests = _manifests }));
        return this;
    }

    /// <summary>Where the archive of a layer is, uncompressed ones alone.</summary>
    public string PathOf(byte[] layer) => $"{folder}/blobs/sha256/{DigestOf(layer)["sha256:".Length..]}";

    private Dictionary<string, object> Annotated(byte[] manifest, string name)
    {
        var entry = Store(manifest);
        entry["annotations"] = new Dictionary<string, string>(StringComparer.Ordinal) { ["org.opencontainers.image.ref.name"] = name };
        return entry;
    }

    private Dictionary<string, object> Store(byte[] blob)
    {
        var digest = DigestOf(blob);
        System.IO.File.WriteAllBytes($"{folder}/blobs/sha256/{digest["sha256:".Length..]}", blob);
        return new Dictionary<string, object>(StringComparer.Ordinal) { ["digest"] = digest, ["size"] = blob.Length };
    }

    private static string DigestOf(byte[] blob) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(blob))}";

    /// <summary>By Debian's zstd; needs a window of 128 MiB to be read.</summary>
    public static byte[] Zstd(byte[] content)
    {
        var start = new ProcessStartInfo("zstd", ["--quiet", "--stdout", "-3", "--long=27"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        using var zstd = Process.Start(start)!;
        using var packed = new MemoryStream();
        var reading = zstd.StandardOutput.BaseStream.CopyToAsync(packed);
        zstd.StandardInput.BaseStream.Write(content);
        zstd.StandardInput.Close();
        reading.GetAwaiter().GetResult();
        zstd.WaitForExit();
        return zstd.ExitCode == 0 ? packed.ToArray() : throw new InvalidOperationException($"zstd ended with {zstd.ExitCode}");
    }

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }
}
