namespace BuildFarm.Worker.Containers.Seccomp;

/// <summary>Which system calls the tasks of a container may make. Refused calls fail with EPERM.</summary>
/// <param name="Name">By which people know it.</param>
/// <param name="AllowsNamespaces">Tasks may make namespaces and mount in them, with the rights that those give.</param>
/// <param name="AllowsUnixSockets">Tasks may make sockets of the unix family; pairs of them everybody may make.</param>
internal sealed record SeccompProfile(string Name, bool AllowsNamespaces, bool AllowsUnixSockets)
{
    /// <summary>Of every task that asks for nothing.</summary>
    public static SeccompProfile Default { get; } = new("default", AllowsNamespaces: false, AllowsUnixSockets: true);

    /// <summary>For tasks with private places inside one process tree, as a home for each file in one run of Sage.</summary>
    public static SeccompProfile NestedUserNamespaces { get; } = new("nested-userns", AllowsNamespaces: true, AllowsUnixSockets: true);

    /// <summary>
    /// For tasks in the host's network. The host's abstract unix sockets are there too, which no mount covers, and services that run
    /// as root listen on some.
    /// </summary>
    public static SeccompProfile Networked { get; } = new("networked", AllowsNamespaces: false, AllowsUnixSockets: false);

    /// <summary>What a task gets that asks for these and may have them; both together refuse what either of them refuses beside namespaces.</summary>
    public static SeccompProfile For(bool nestedUserNamespaces, bool network) =>
        (nestedUserNamespaces, network) switch
        {
            (true, true) => NestedAndNetworked,
            (true, false) => NestedUserNamespaces,
            (false, true) => Networked,
            _ => Default,
        };

    private static SeccompProfile NestedAndNetworked { get; } = new("nested-userns, networked", AllowsNamespaces: true, AllowsUnixSockets: false);

    /// <summary>Address families of sockets: INET, INET6, NETLINK (which programs ask for addresses), and UNIX where allowed.</summary>
    public IReadOnlyList<int> SocketFamilies => AllowsUnixSockets ? [1, 2, 10, 16] : [2, 10, 16];

    /// <summary>The calls that are refused whatever their arguments.</summary>
    public IEnumerable<Syscall> Refused => AllowsNamespaces ? Syscalls.Always : Syscalls.Always.Concat(Syscalls.Namespaces);
}
