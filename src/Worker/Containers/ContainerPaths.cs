namespace BuildFarm.Worker.Containers;

/// <summary>Where things are inside every container, so that results do not depend on where they ran.</summary>
internal static class ContainerPaths
{
    public const string Home = "/home/farm";
    public const string Temporary = "/tmp";

    /// <summary>XDG_RUNTIME_DIR: for sockets and the like, the task's alone.</summary>
    public const string Runtime = "/run/user/1000";

    /// <summary>Where the secrets are that a task names, a file each.</summary>
    public const string Secrets = "/run/secrets";

    public const string Workspace = "/farm/work";
    public const string SearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    public const string User = "farm";
    public const string Hostname = "farm";

    /// <summary>The uid and gid of every task inside its container.</summary>
    public const uint UserId = 1000;
}
