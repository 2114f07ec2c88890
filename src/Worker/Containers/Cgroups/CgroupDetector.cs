using BuildFarm.Worker.Rootless;

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
        var (controllers, unified) = CgroupMounts.Read(mounts);

        // On a hybrid machine the limits are where version 1 is mounted; runtimes leave folders in the other one too.
        if (controllers.ContainsKey("memory"))
        {
            if (UserNamespace.IsTheHosts)
            {
                if (unified is not null)
                    controllers.TryAdd("unified", unified);
                return new CgroupsV1(controllers, owner);
            }

            return CgroupsV1.BelowOwn(controllers, own, owner);
        }

        if (unified is not null)
            return new CgroupsV2(unified, CgroupV2Place.Of(CgroupMounts.OwnPath(own, ""), UserNamespace.IsTheHosts), owner);
        throw new RuntimeUnusableException("no cgroups are mounted, so no limits can be set: mount them at /sys/fs/cgroup, or use --isolation none");
    }
}
