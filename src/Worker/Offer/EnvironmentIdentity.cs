using System.Security.Cryptography;
using System.Text;

namespace BuildFarm.Worker.Offer;

/// <summary>
/// Identity of what tasks see beside their inputs, part of the cache's key (design decision 7). For a root made from the
/// host's: the distribution, the database of installed packages, and the version of the settings that containers get.
/// </summary>
internal static class EnvironmentIdentity
{
    // Raise it when containers change in a way that results may depend on.
    private const string SettingsVersion = "host-2";

    private static readonly string[] Sources = ["/etc/os-release", "/var/lib/dpkg/status", "/var/lib/rpm/rpmdb.sqlite", "/lib/apk/db/installed"];

    // Likewise, of containers with an image.
    private const string ImageSettingsVersion = "image-1";

    /// <param name="isolation">The runtime's name.</param>
    /// <param name="image">The root that tasks see: <c>host</c>, or the id of an image, which says all that is in it.</param>
    /// <param name="rootPaths">More folders of the host that tasks see.</param>
    public static string Of(string isolation, string image, IEnumerable<string> rootPaths)
    {
        if (image == "host")
            return Read(isolation, rootPaths);
        var text = $"{ImageSettingsVersion}\n{image}\n{Machine.Architecture()}\n{string.Join('\n', rootPaths)}\n";
        return $"image-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16))}";
    }

    /// <param name="isolation">Without isolation tasks see other paths, so results differ.</param>
    /// <param name="rootPaths">More folders of the host that tasks see.</param>
    public static string Read(string isolation, IEnumerable<string> rootPaths)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{SettingsVersion}\n{isolation}\n{Machine.Architecture()}\n{string.Join('\n', rootPaths)}\n"));
        foreach (var source in Sources.Where(File.Exists))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(source + "\n"));
            using var content = File.OpenRead(source);
            var buffer = new byte[64 * 1024];
            int read;
            while ((read = content.Read(buffer)) > 0)
                hash.AppendData(buffer, 0, read);
        }

        return $"host-{Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16))}";
    }
}
