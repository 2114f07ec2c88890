namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>
/// Moves the calling thread between cgroups of version 1, which keeps membership by thread.
/// </summary>
/// <param name="hierarchies">Mount points in which it moves.</param>
internal sealed class CgroupV1Membership(string[] hierarchies)
{
    private readonly string[] _home = [.. hierarchies.Select(static hierarchy => hierarchy + OwnPath(hierarchy))];

    /// <param name="folderIn">The cgroup's folder in the hierarchy of a mount point.</param>
    /// <returns>Moves the thread back; to be disposed by it.</returns>
    public IDisposable Enter(Func<string, string> folderIn)
    {
        var visit = new Visit(_home);
        try
        {
            foreach (var hierarchy in hierarchies)
            {
                Join(folderIn(hierarchy));
            }
        }
        catch
        {
            visit.Dispose();
            throw;
        }

        return visit;
    }

    /// <summary>Zero stands for the thread that writes it.</summary>
    private static void Join(string folder) => KernelFile.Write($"{folder}/tasks", "0");

    /// <summary>The worker's own cgroup; the root of the mount where that shows another part of the hierarchy.</summary>
    private static string OwnPath(string hierarchy)
    {
        // A hierarchy is named by its controllers, as its mount point is, links to it aside.
        var names = Path.GetFileName(hierarchy).Split(',');
        foreach (var line in (KernelFile.TryRead("/proc/self/cgroup") ?? "").Split('\n'))
        {
            if (line.Split(':', 3) is [_, var controllers, var path] && controllers.Split(',').Intersect(names, StringComparer.Ordinal).Any())
            {
                return path != "/" && Directory.Exists(hierarchy + path) ? path : "";
            }
        }

        return "";
    }

    private sealed class Visit(string[] home) : IDisposable
    {
        public void Dispose()
        {
            foreach (var folder in home)
            {
                Join(folder);
            }
        }
    }
}
