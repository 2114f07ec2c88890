namespace BuildFarm.Worker;

/// <summary>The short options of the executable, as the configuration keys they stand for.</summary>
internal static class WorkerArguments
{
    private static readonly Dictionary<string, string> Keys = new(StringComparer.Ordinal)
    {
        ["--coordinator"] = "--Peers:Coordinator",
        ["--cache"] = "--Peers:Cache",
        ["--instance"] = "--Peers:Instance",
        ["--data"] = "--Worker:DataDirectory",
        ["--slots"] = "--Worker:Slots",
        ["--memory"] = "--Worker:MemoryBytes",
        ["--isolation"] = "--Worker:Isolation",
        ["--root"] = "--Worker:Root",
        ["--root-name"] = "--Worker:RootName",
        ["--image"] = "--Worker:Docker:Image",
        ["--docker-socket"] = "--Worker:Docker:Socket",
        ["--name"] = "--Worker:Name",
        ["--pool"] = "--Worker:Pool",
        ["--nested-userns"] = "--Worker:AllowNestedUserNamespaces",
        ["--prelude"] = "--Worker:Prelude",
        ["--network"] = "--Worker:AllowNetwork",
        ["--http"] = "--Listen:Http",
    };

    // A worker serves nothing but its health, which wants no fixed port unless one is named.
    private static readonly string[] Defaults = ["--Listen:Grpc", "127.0.0.1:0", "--Listen:Http", "127.0.0.1:0"];

    public static string[] Expand(string[] args) =>
        [.. Defaults, .. args.Select(static arg => arg.Split('=', 2) switch
        {
            [var name, var value] when Keys.TryGetValue(name, out var key) => $"{key}={value}",
            [var name] when Keys.TryGetValue(name, out var key) => key,
            _ => arg,
        })];
}
