using BuildFarm.Worker.Containers.Cgroups;

namespace BuildFarm.Worker.Rootless;

/// <summary>Settings of the kernel by which user namespaces are denied to users.</summary>
internal static class KernelSwitches
{
    // Of every kernel, of Debian's, and of AppArmor where profiles alone may allow them.
    private static readonly (string File, string Denies, string Order)[] Known =
    [
        ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=15000"),
        ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or give the worker an AppArmor profile with userns"),
    ];

    /// <summary>What denies them and how to change it; null when nothing does.</summary>
    /// <param name="folder"><c>/proc/sys</c>.</param>
    public static string? FindDenial(string folder)
    {
        foreach (var (file, denies, order) in Known)
        {
            if (KernelFile.TryRead($"{folder}/{file}")?.Trim() == denies)
                return $"user namespaces are switched off for users ({folder}/{file} is {denies}): as root run {order}";
        }

        return null;
    }
}
