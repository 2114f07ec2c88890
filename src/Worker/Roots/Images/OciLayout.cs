using System.Security.Cryptography;
using System.Text.Json;

namespace BuildFarm.Worker.Roots.Images;

/// <summary>An OCI image layout (image specification 1.1, "image-layout.md"): a folder of blobs by digest, and an index of names.</summary>
internal sealed class OciLayout(string folder)
{
    private const string NameAnnotation = "org.opencontainers.image.ref.name";
    private const long LargestDocument = 16 << 20;

    public static bool IsOne(string folder) => File.Exists($"{folder}/index.json");

    /// <summary>The image of a name; the only one when the name is empty. What it consists of is verified as far as it is small.</summary>
    /// <exception cref="InvalidImageException">There is none, or several, or it is damaged.</exception>
    public Image Find(string name)
    {
        if (!IsOne(folder))
        {
            throw new InvalidImageException($"{folder} is no OCI layout: it has no index.json");
        }

        try
        {
            using var index = JsonDocument.Parse(ReadSmall($"{folder}/index.json"));
            var named = index.RootElement.GetProperty("manifests").EnumerateArray().Select(static entry => (Name: NameOf(entry), Entry: entry)).ToArray();
            var found = named.Where(one => name.Length == 0 || one.Name == name).ToArray();
            if (found.Length != 1)
            {
                var there = string.Join(", ", named.Select(static one => one.Name.Length == 0 ? "one without a name" : one.Name));
                throw new InvalidImageException(
                    found.Length == 0 ? $"there is no image {name} in it; there is {there}" : $"there are several images in it ({there}): name one after a colon");
            }

            using var manifest = JsonDocument.Parse(ReadManifest(found[0].Entry));
            var configuration = ImageConfiguration.Read(ReadBlob(manifest.RootElement.GetProperty("config")));
            var layers = manifest.RootElement.GetProperty("layers").EnumerateArray().Select(BlobPath).ToArray();
            if (layers.Length != configuration.LayerContents.Count)
            {
                throw new InvalidImageException($"it has {layers.Length} layers, and its configuration says {configuration.LayerContents.Count}");
            }

            return new Image(
                configuration.Digest,
                [.. layers.Zip(configuration.LayerContents, static (path, content) => new ImageLayer(path, content))]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidImageException($"its index cannot be read: {e.Message}");
        }
    }

    /// <summary>The manifest itself; of an index for several machines, the one for this.</summary>
    private byte[] ReadManifest(JsonElement entry)
    {
        var content = ReadBlob(entry);
        using var document = JsonDocument.Parse(content);
        if (!document.RootElement.TryGetProperty("manifests", out var machines))
        {
            return content;
        }

        foreach (var machine in machines.EnumerateArray())
        {
            if (machine.TryGetProperty("platform", out var platform)
                && platform.GetProperty("os").GetString() == "linux"
                && platform.GetProperty("architecture").GetString() == ImageConfiguration.OfThisMachine)
            {
                return ReadBlob(machine);
            }
        }

        throw new InvalidImageException($"it has no image for linux/{ImageConfiguration.OfThisMachine}");
    }

    private byte[] ReadBlob(JsonElement descriptor)
    {
        var path = BlobPath(descriptor);
        var content = ReadSmall(path);
        return Convert.ToHexStringLower(SHA256.HashData(content)) == Path.GetFileName(path)
            ? content
            : throw new InvalidImageException($"blob {Path.GetFileName(path)} is damaged");
    }

    /// <summary>The path of a blob, made of validated hex alone.</summary>
    private string BlobPath(JsonElement descriptor)
    {
        var digest = descriptor.GetProperty("digest").GetString() ?? "";
        var path = digest.Split(':') is ["sha256", { Length: 64 } hex] && hex.All(char.IsAsciiHexDigitLower)
            ? $"{folder}/blobs/sha256/{hex}"
            : throw new InvalidImageException($"\"{digest}\" is no digest that is known here; sha256 alone is");
        return File.Exists(path) ? path : throw new InvalidImageException($"blob {digest} is not in it");
    }

    private static byte[] ReadSmall(string path) => new FileInfo(path).Length <= LargestDocument
        ? File.ReadAllBytes(path)
        : throw new InvalidImageException($"{Path.GetFileName(path)} is larger than any document of an image");

    private static string NameOf(JsonElement entry) =>
        entry.TryGetProperty("annotations", out var annotations) && annotations.TryGetProperty(NameAnnotation, out var name) ? name.GetString() ?? "" : "";
}
