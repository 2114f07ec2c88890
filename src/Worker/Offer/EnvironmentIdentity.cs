using System.Security.Cryptography;
using System.Text;
using BuildFarm.Worker.Roots;

namespace BuildFarm.Worker.Offer;

/// <summary>
/// Identity of what tasks see beside their inputs, part of the cache's key (design decision 7). For a root made from the
/// host's: the distribution, the database of installed packages, and the version of the settings that containers get.
/// </summary>
internal static class EnvironmentIdentity
{
    // Raise it when containers change in a way that results may depend on.
    private const string SettingsVersion = "host-3";

    // Likewise, of containers with an image of their runtime's.
    private const string ImageSettingsVersion = "image-2";

    /// <param name="image">The id of an image, which says all that is in it.</param>
    /// <param name="rootPaths">More folders of the host that tasks see.</param>
    public static string OfImage(string image, IEnumerable<string> rootPaths)
    {
        var text = $"{ImageSettingsVersion}\n{image}\n{Machine.Architecture()}\n{string.Join('\n', rootPaths)}\n";
        return $"image-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16))}";
    }

    /// <param name="isolation">Without isolation tasks see other paths, so results differ.</param>
    /// <param name="rootPaths">More folders of the host that tasks see.</param>
    public static string Read(string isolation, IEnumerable<string> rootPaths)
    {
        var text = $"{SettingsVersion}\n{isolation}\n{Machine.Architecture()}\n{string.Join('\n', rootPaths)}\n{PackageDatabases.TryHash("")}";
        return $"host-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16))}";
    }
}
