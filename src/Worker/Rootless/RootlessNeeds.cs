using BuildFarm.Worker.Containers.Cgroups;

namespace BuildFarm.Worker.Rootless;

/// <summary>What a user needs of its machine to run tasks in containers without being root.</summary>
internal static class RootlessNeeds
{
    private const string UserTable = "/etc/subuid";
    private const string GroupTable = "/etc/subgid";

    /// <summary>What is missing on this machine, each with what to do about it; empty when all is there.</summary>
    public static IReadOnlyList<string> FindMissing(RootlessUser user)
    {
        var missing = new List<string>();
        if (RootlessTools.Find(out var tools) is null)
            missing.Add(tools);
        if (MissingIds(Read(UserTable), Read(GroupTable), user) is { } ids)
            missing.Add(ids);
        if (KernelSwitches.FindDenial("/proc/sys") is { } denial)
            missing.Add(denial);
        if (CgroupDelegation.FindMissing(Read("/proc/self/mounts"), Read("/proc/self/cgroup"), user.Name, CgroupDelegation.IsWritable) is { } cgroup)
            missing.Add(cgroup);
        return missing;
    }

    /// <summary>The ranges of a user, when both are long enough.</summary>
    public static (SubordinateIds Users, SubordinateIds Groups)? RangesOf(RootlessUser user) => RangesOf(Read(UserTable), Read(GroupTable), user);

    internal static string? MissingIds(string users, string groups, RootlessUser user)
    {
        if (RangesOf(users, groups, user) is not null)
            return null;
        var orders = new[] { (Table: UserTable, Content: users, Option: "--add-subuids"), (Table: GroupTable, Content: groups, Option: "--add-subgids") }
            .Where(kind => Long(kind.Content, user) is null)
            .ToList();
        return $"no {HostIds.Wanted} subordinate ids for user {user.Name} in {string.Join(" and ", orders.Select(static kind => kind.Table))}: "
            + $"as root run usermod {string.Join(' ', orders.Select(static kind => $"{kind.Option} {SubordinateIds.Free(kind.Content)}"))} {user.Name}";
    }

    private static (SubordinateIds Users, SubordinateIds Groups)? RangesOf(string users, string groups, RootlessUser user) =>
        Long(users, user) is { } own && Long(groups, user) is { } ownGroups ? (own, ownGroups) : null;

    private static SubordinateIds? Long(string table, RootlessUser user) =>
        SubordinateIds.Find(table, user.Name, user.Id) is { Count: >= HostIds.Wanted } ids ? ids : null;

    private static string Read(string path) => KernelFile.TryRead(path) ?? "";
}
