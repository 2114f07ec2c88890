using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace BuildFarm.EndToEnd.Tests.Support;

/// <summary>What workers that were killed leave in the kernel, where no successor over the same folder has removed it.</summary>
internal static class WorkerCgroups
{
    /// <summary>Ends and removes what is left of workers whose data is in folders below one.</summary>
    public static void Remove(string folder)
    {
        if (!Environment.IsPrivilegedProcess || !Directory.Exists("/sys/fs/cgroup") || !Directory.Exists(folder))
        {
            return;
        }

        // A worker's cgroups end in a hash of where it keeps its state.
        var endings = Directory.EnumerateDirectories(folder, "worker", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3, IgnoreInaccessible = true })
            .Select(static state => $"-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)).AsSpan(0, 4))}")
            .ToHashSet(StringComparer.Ordinal);
        foreach (var cgroup in Directory.EnumerateDirectories("/sys/fs/cgroup")
            .Select(static hierarchy => Path.Combine(hierarchy, "buildfarm"))
            .Where(Directory.Exists)
            .SelectMany(Directory.EnumerateDirectories)
            .Where(cgroup => endings.Any(ending => cgroup.EndsWith(ending, StringComparison.Ordinal))))
        {
            RemoveTree(cgroup);
        }
    }

    private static void RemoveTree(string cgroup)
    {
        foreach (var child in Directory.EnumerateDirectories(cgroup))
        {
            RemoveTree(child);
        }

        const int MostTries = 100;
        for (var tries = 1; Directory.Exists(cgroup); tries++)
        {
            // What runs there still belongs to a worker of this test that is gone.
            foreach (var id in File.ReadAllLines($"{cgroup}/cgroup.procs"))
            {
                using var kill = Process.Start("kill", ["-KILL", id]);
                kill.WaitForExit();
            }

            try
            {
                Directory.Delete(cgroup);
            }
            catch (IOException) when (tries < MostTries)
            {
                // The kernel needs a moment for what was killed.
            }
        }
    }
}
