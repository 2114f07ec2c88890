using BuildFarm.Worker.Containers.Cgroups;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Rootless;

/// <summary>Whether a user may make cgroups with limits below the one that its worker is in.</summary>
internal static class CgroupDelegation
{
    private static readonly string[] Needed = ["memory", "pids", "cpu"];

    /// <summary>What is missing and how to get it; null when all is there.</summary>
    /// <param name="mounts">Content of <c>/proc/self/mounts</c>.</param>
    /// <param name="own">Content of <c>/proc/self/cgroup</c>.</param>
    /// <param name="user">Name of the user.</param>
    /// <param name="isWritable">Whether the user may write to a path.</param>
    public static string? FindMissing(string mounts, string own, string user, Func<string, bool> isWritable)
    {
        var places = CgroupMounts.Read(mounts);
        if (places.Controllers.ContainsKey("memory"))
            return OfVersion1(places, own, user, isWritable);
        return places.Unified is { } unified
            ? OfVersion2(unified + CgroupV2Place.Of(CgroupMounts.OwnPath(own, ""), isRoot: false), user, isWritable)
            : "no cgroups are mounted: mount them at /sys/fs/cgroup";
    }

    private static string? OfVersion1(CgroupMounts places, string own, string user, Func<string, bool> isWritable)
    {
        // Where CPU time is counted apart from where it is shared, that one too.
        var folders = Needed.Concat(places.Controllers.ContainsKey("cpuacct") ? ["cpuacct"] : [])
            .Select(name => places.Controllers.TryGetValue(name, out var mount) ? mount + CgroupMounts.OwnPath(own, name) : $"{name} (not mounted)")
            .Distinct(StringComparer.Ordinal)
            .Where(folder => !isWritable(folder) || !isWritable($"{folder}/tasks"))
            .ToList();
        if (folders.Count == 0)
            return null;
        var mountPoints = string.Join(' ', folders.Select(folder => CgroupMounts.MountOf(places, folder)));
        return $"no delegated cgroup: user {user} may not make cgroups in {string.Join(", ", folders)}; as root run "
            + $"for d in {mountPoints}; do mkdir -p $d/{user} && chown -R {user} $d/{user} && echo PID >$d/{user}/cgroup.procs; done with the PID of the shell that starts it";
    }

    private static string? OfVersion2(string folder, string user, Func<string, bool> isWritable)
    {
        if (!isWritable(folder) || !isWritable($"{folder}/cgroup.subtree_control") || !isWritable($"{folder}/cgroup.procs"))
            return $"no delegated cgroup: user {user} may not make cgroups in {folder}; start the worker with systemd-run --user --scope -p Delegate=yes";
        var there = (KernelFile.TryRead($"{folder}/cgroup.controllers") ?? "").Split(' ', '\n');
        var missing = Needed.Except(there, StringComparer.Ordinal).ToList();
        return missing.Count == 0
            ? null
            : $"the cgroup {folder} of user {user} is not given the controllers {string.Join(", ", missing)}; "
                + "as root run systemctl edit user@.service with Delegate=cpu memory pids in its [Service] section, and log in again";
    }

    /// <summary>Asks the kernel, with the rights of this process.</summary>
    public static bool IsWritable(string path)
    {
        const int Write = 2;
        return Libc.Access(path, Write) == 0;
    }
}
