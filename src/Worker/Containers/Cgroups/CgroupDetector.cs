namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>Finds which version of cgroups this machine has and where.</summary>
internal static class CgroupDetector
{
    /// <param name="owner">Name of the worker, unique on the machine.</param>
    /// <param name="mounts">Content of <c>/proc/self/mounts</c>.</param>
    /// <param name="own">Content of <c>/proc/self/cgroup</c>.</param>
    /// <exception cref="RuntimeUnusableException">There are none, or none that this worker may use.</exception>
    public static ICgroups Detect(string owner, string mounts, string own)
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

        // On a hybrid machine the limits are where version 1 is mounted; runtimes leave folders in the other one too.
        if (controllers.ContainsKey("memory"))
        {
            if (unified is not null)
                controllers.TryAdd("unified", unified);
            return new CgroupsV1(controllers, owner);
        }

        if (unified is not null)
            return new CgroupsV2(unified, OwnPath(own), owner);
        throw new RuntimeUnusableException("no cgroups are mounted, so no limits can be set: mount them at /sys/fs/cgroup, or use --isolation none");
    }

    private static string OwnPath(string own)
    {
        foreach (var line in own.Split('\n'))
        {
            if (line.StartsWith("0::", StringComparison.Ordinal))
                return line[3..];
        }

        return "/";
    }
}
