namespace BuildFarm.Worker.Rootless;

/// <summary>Which user namespace this process is in.</summary>
internal static class UserNamespace
{
    /// <summary>The machine's own, in which root may do everything; in any other it may do what concerns its own ids.</summary>
    public static bool IsTheHosts { get; } = IsTheHostsMap(File.ReadAllText("/proc/self/uid_map"));

    private static bool IsTheHostsMap(string map) => map.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is ["0", "0", "4294967295"];
}
