namespace BuildFarm.Worker.Roots.Images;

/// <summary>An image as it is stored.</summary>
/// <param name="Digest"><c>sha256:</c> and the hash of its configuration, which names the content of every layer.</param>
/// <param name="Layers">From the lowest on.</param>
internal sealed record Image(string Digest, IReadOnlyList<ImageLayer> Layers);

/// <summary>One layer of an image.</summary>
/// <param name="Path">A tar archive, compressed or not.</param>
/// <param name="ContentDigest"><c>sha256:</c> and the hash of the archive when it is not compressed.</param>
internal sealed record ImageLayer(string Path, string ContentDigest);

/// <summary>An image's files.</summary>
/// <param name="Digest">As in <see cref="Image"/>.</param>
/// <param name="Folder">Its root.</param>
internal sealed record UnpackedImage(string Digest, string Folder);
