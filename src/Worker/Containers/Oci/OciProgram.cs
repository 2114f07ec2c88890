namespace BuildFarm.Worker.Containers.Oci;

/// <summary>An OCI runtime on this machine.</summary>
/// <param name="Name">crun or runc.</param>
/// <param name="Path">Where it is.</param>
/// <param name="DislikesHybridCgroups">It refuses machines with both versions of cgroups.</param>
/// <param name="LeaveCgroups">Options by which it leaves cgroups alone; null when it has none.</param>
/// <param name="TakesFilters">It takes a system call filter ready made.</param>
internal sealed record OciProgram(string Name, string Path, bool DislikesHybridCgroups, string? LeaveCgroups = null, bool TakesFilters = false)
{
    // In the order of preference: crun starts three times as fast.
    private static readonly string[] Names = ["crun", "runc"];

    /// <summary>What the runtime itself sees of an environment; tasks have another.</summary>
    public IReadOnlyList<string> Environment { get; } = [$"PATH={ContainerPaths.SearchPath}"];

    /// <summary>Those that are installed, the preferred first.</summary>
    public static IReadOnlyList<OciProgram> Find(string searchPath)
    {
        var found = new List<OciProgram>();
        foreach (var name in Names)
        {
            foreach (var folder in searchPath.Split(':', StringSplitOptions.RemoveEmptyEntries))
            {
                var path = System.IO.Path.Combine(folder, name);
                if (!File.Exists(path))
                    continue;
                found.Add(name == "crun"
                    ? new OciProgram(name, path, DislikesHybridCgroups: true, LeaveCgroups: "--cgroup-manager=disabled", TakesFilters: true)
                    : new OciProgram(name, path, DislikesHybridCgroups: false));
                break;
            }
        }

        return found;
    }
}
