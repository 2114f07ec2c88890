using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace BuildFarm.Worker.Roots.Images;

/// <summary>The configuration of an image (OCI image specification 1.1, "config.md"; Docker's is the same in these parts).</summary>
/// <param name="Digest"><c>sha256:</c> and its hash.</param>
/// <param name="LayerContents">Digests of the layers' archives, uncompressed.</param>
internal sealed record ImageConfiguration(string Digest, IReadOnlyList<string> LayerContents)
{
    /// <exception cref="InvalidImageException">It is none, or of another machine.</exception>
    public static ImageConfiguration Read(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var (system, architecture) = (root.GetProperty("os").GetString(), root.GetProperty("architecture").GetString());
            if (system != "linux" || architecture != OfThisMachine)
            {
                throw new InvalidImageException($"it is an image for {system}/{architecture}; this machine is linux/{OfThisMachine}");
            }

            return new ImageConfiguration(
                $"sha256:{Convert.ToHexStringLower(SHA256.HashData(json))}",
                [.. root.GetProperty("rootfs").GetProperty("diff_ids").EnumerateArray().Select(static id => id.GetString() ?? "")]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidImageException($"its configuration cannot be read: {e.Message}");
        }
    }

    /// <summary>As images name architectures.</summary>
    public static string OfThisMachine => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "amd64",
        var other => other.ToString().ToLowerInvariant(),
    };
}
