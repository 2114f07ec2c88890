namespace BuildFarm.Worker.Containers;

/// <summary>Where things are inside every container, so that results do not depend on where they ran.</summary>
internal static class ContainerPaths
{
    public const string Home = "/home/farm";
    public const string Temporary = "/tmp";
    public const string Workspace = "/farm/work";
    public const string SearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    public const string User = "farm";
    public const string Hostname = "farm";

    /// <summary>The uid and gid of every task inside its container.</summary>
    public const uint UserId = 1000;
}
