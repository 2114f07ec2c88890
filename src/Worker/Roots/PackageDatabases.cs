using System.Security.Cryptography;
using System.Text;

namespace BuildFarm.Worker.Roots;

/// <summary>What the distribution of a root says is installed there.</summary>
internal static class PackageDatabases
{
    private static readonly string[] Files = ["/etc/os-release", "/var/lib/dpkg/status", "/var/lib/rpm/rpmdb.sqlite", "/lib/apk/db/installed"];

    /// <summary>A hash of those that are there; null when none is.</summary>
    /// <param name="root">Empty for the host's root.</param>
    public static string? TryHash(string root)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var there = Files.Where(file => File.Exists(root + file)).ToArray();
        foreach (var file in there)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(file + "\n"));
            using var content = File.OpenRead(root + file);
            var buffer = new byte[64 * 1024];
            int read;
            while ((read = content.Read(buffer)) > 0)
            {
                hash.AppendData(buffer, 0, read);
            }
        }

        // The name of a distribution alone does not say what is installed.
        return there.Length < 2 ? null : Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
