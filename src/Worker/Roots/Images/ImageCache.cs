using BuildFarm.Worker.Rootless;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Roots.Images;

/// <summary>Unpacked images by digest: each is unpacked once, and appears whole or not at all.</summary>
/// <param name="folder">The worker's own folder for them.</param>
internal sealed class ImageCache(string folder)
{
    private const string Unfinished = ".unfinished";

    /// <summary>The root of an image, unpacked now when it is not there.</summary>
    /// <exception cref="InvalidImageException">The image cannot be used; the message says why.</exception>
    public async Task<UnpackedImage> OpenAsync(RootReference reference, CancellationToken cancellationToken)
    {
        var work = Path.Combine(folder, Unfinished);
        // What a worker left that was killed while it unpacked.
        TreeRemover.Remove(work);
        Directory.CreateDirectory(work);
        try
        {
            var image = reference.Kind == RootKind.OciLayout
                ? new OciLayout(reference.Path).Find(reference.Name)
                : (await DockerArchive.OpenAsync(reference.Path, Directory.CreateDirectory($"{work}/archive").FullName, cancellationToken)).Find(reference.Name);
            var place = Path.Combine(folder, image.Digest["sha256:".Length..]);
            if (!Directory.Exists(place))
            {
                await UnpackAsync(image, $"{work}/root", cancellationToken);
                Directory.Move($"{work}/root", place);
            }

            return new UnpackedImage(image.Digest, place);
        }
        finally
        {
            TreeRemover.Remove(work);
        }
    }

    private static async Task UnpackAsync(Image image, string root, CancellationToken cancellationToken)
    {
        File.SetUnixFileMode(Directory.CreateDirectory(root).FullName, (UnixFileMode)0x1ED);
        using var tree = new LayerTree(root, HostIds.Own().First);
        foreach (var layer in image.Layers)
        {
            await LayerReader.ApplyAsync(layer, tree, cancellationToken);
        }
    }
}
