using BuildFarm.Worker.Native;
using BuildFarm.Worker.Rootless;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>
/// crun refuses to start while the version 2 mount of a hybrid machine still holds a controller, even one that nobody uses.
/// Without that mount in the worker's own mount namespace it takes the machine for a version 1 one and works; the host is
/// not changed.
/// </summary>
internal static class HybridCgroups
{
    private const string Mount = "/sys/fs/cgroup/unified";

    public static void Hide()
    {
        var controllers = Path.Combine(Mount, "cgroup.controllers");
        if (File.Exists(controllers) && !string.IsNullOrWhiteSpace(File.ReadAllText(controllers)))
        {
            // In a user's own namespace mounts of the host cannot be taken away, only covered.
            if (UserNamespace.IsTheHosts)
                Mounts.Unmount(Mount);
            else
                Mounts.Tmpfs(Mount, "mode=555,size=4k");
        }
    }
}
