using System.Formats.Tar;
using System.Text.Json;

namespace BuildFarm.Worker.Roots.Images;

/// <summary>
/// What <c>docker save</c> writes: a tar archive with <c>manifest.json</c>, configurations and layers. It is taken apart into a folder,
/// where its names lead nowhere else.
/// </summary>
internal sealed class DockerArchive(string folder)
{
    /// <summary>Takes an archive apart into an empty folder.</summary>
    /// <exception cref="InvalidImageException">It is no archive of images.</exception>
    public static async Task<DockerArchive> OpenAsync(string archive, string folder, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = File.OpenRead(archive);
            await using var tar = new TarReader(file);
            while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                // Links of old archives name layers that are there under their own name too.
                if (entry is { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile } && PlaceOf(folder, entry.Name) is { } place)
                {
                    Directory.CreateDirectory(Path.GetDirectoryName(place)!);
                    await entry.ExtractToFileAsync(place, overwrite: false, cancellationToken);
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new InvalidImageException($"{archive} is no archive of docker save: {e.Message}");
        }

        return new DockerArchive(folder);
    }

    /// <summary>The image of a name; the only one when the name is empty.</summary>
    /// <exception cref="InvalidImageException">There is none, or several, or it is damaged.</exception>
    public Image Find(string name)
    {
        try
        {
            using var manifest = JsonDocument.Parse(File.ReadAllBytes(Inside("manifest.json")));
            var images = manifest.RootElement.EnumerateArray().ToArray();
            var found = images.Where(image => name.Length == 0 || NamesOf(image).Contains(name, StringComparer.Ordinal)).ToArray();
            if (found.Length != 1)
            {
                var there = string.Join(", ", images.SelectMany(NamesOf));
                throw new InvalidImageException(
                    found.Length == 0 ? $"there is no image {name} in it; there is {there}" : $"there are several images in it ({there}): name one after a colon");
            }

            var configuration = ImageConfiguration.Read(File.ReadAllBytes(Inside(found[0].GetProperty("Config").GetString())));
            var layers = found[0].GetProperty("Layers").EnumerateArray().Select(layer => Inside(layer.GetString())).ToArray();
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
            throw new InvalidImageException($"its manifest cannot be read: {e.Message}");
        }
    }

    private static string[] NamesOf(JsonElement image) =>
        image.TryGetProperty("RepoTags", out var tags) && tags.ValueKind == JsonValueKind.Array ? [.. tags.EnumerateArray().Select(static tag => tag.GetString() ?? "")] : [];

    private string Inside(string? name) => PlaceOf(folder, name ?? "") is { } place && File.Exists(place)
        ? place
        : throw new InvalidImageException($"it names \"{name}\", which is not in it");

    /// <summary>Where a file of the archive goes; null for a name that would leave the folder.</summary>
    private static string? PlaceOf(string folder, string name)
    {
        var segments = name.Split('/');
        return segments.All(static segment => segment.Length > 0 && segment is not ("." or "..") && !segment.Contains('\0')) ? $"{folder}/{name}" : null;
    }
}
