using BuildFarm.Worker.Containers;

namespace BuildFarm.Worker.Rootless;

/// <summary>The programs by which a user gets a namespace with the ids that were handed out to it.</summary>
/// <param name="MapUsers"><c>newuidmap</c>, which may write maps that the user may not.</param>
/// <param name="MapGroups"><c>newgidmap</c>.</param>
/// <param name="Unshare">From util-linux, as the next.</param>
/// <param name="Enter"><c>nsenter</c>.</param>
internal sealed record RootlessTools(string MapUsers, string MapGroups, string Unshare, string Enter)
{
    /// <param name="searchPath">Folders with colons between them.</param>
    /// <param name="missing">What to install when null is returned.</param>
    public static RootlessTools? Find(string searchPath, out string missing)
    {
        string? Where(string name) => searchPath.Split(':').Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        missing = "";
        if (Where("newuidmap") is { } users && Where("newgidmap") is { } groups)
        {
            if (Where("unshare") is { } unshare && Where("nsenter") is { } enter)
                return new RootlessTools(users, groups, unshare, enter);
            missing = "unshare and nsenter are not installed: apt-get install util-linux";
            return null;
        }

        missing = "newuidmap and newgidmap are not installed: apt-get install uidmap (dnf install shadow-utils)";
        return null;
    }

    public static RootlessTools? Find(out string missing) => Find(ContainerPaths.SearchPath, out missing);
}
