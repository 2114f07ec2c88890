namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>Where the hierarchies of cgroups are mounted.</summary>
/// <param name="Controllers">Of version 1: mount point by controller; named hierarchies by <c>name=…</c>.</param>
/// <param name="Unified">Of version 2; null when it is not mounted.</param>
internal sealed record CgroupMounts(Dictionary<string, string> Controllers, string? Unified)
{
    /// <param name="mounts">Content of <c>/proc/self/mounts</c>.</param>
    public static CgroupMounts Read(string mounts)
    {
        var controllers = new Dictionary<string, string>(StringComparer.Ordinal);
        string? unified = null;
        foreach (var line in mounts.Split('\n'))
        {
            var fields = line.Split(' ');
            if (fields.Length < 4)
                continue;
            if (fields[2] == "cgroup2")
                unified ??= fields[1];
            if (fields[2] != "cgroup")
                continue;
            // Mount options come first, then the controllers of the hierarchy; what is no controller is never looked up.
            foreach (var option in fields[3].Split(','))
            {
                if (option is not ("rw" or "ro" or "relatime" or "nosuid" or "nodev" or "noexec"))
                    controllers.TryAdd(option, fields[1]);
            }
        }

        return new CgroupMounts(controllers, unified);
    }

    /// <summary>The cgroup of a process in a hierarchy, from its root; empty for the root itself.</summary>
    /// <param name="own">Content of <c>/proc/PID/cgroup</c>.</param>
    /// <param name="controller">One of the hierarchy's; empty for version 2.</param>
    public static string OwnPath(string own, string controller)
    {
        foreach (var line in own.Split('\n'))
        {
            if (line.Split(':', 3) is [_, var controllers, var path] && controllers.Split(',').Contains(controller, StringComparer.Ordinal))
                return path == "/" ? "" : path;
        }

        return "";
    }

    /// <summary>The mount point above a cgroup's folder.</summary>
    public static string MountOf(CgroupMounts mounts, string folder) =>
        mounts.Controllers.Values.FirstOrDefault(mount => folder == mount || folder.StartsWith(mount + "/", StringComparison.Ordinal)) ?? folder;
}
