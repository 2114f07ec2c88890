namespace BuildFarm.Worker.Containers.Docker;

/// <summary>What a worker with <c>--isolation docker</c> is told by its operator.</summary>
public sealed class DockerOptions
{
    /// <summary>Path of the daemon's unix socket. The daemon runs on the worker's machine, in its pid and mount namespaces.</summary>
    public string Socket { get; set; } = "/run/docker.sock";

    /// <summary>The image that tasks run in: a name with tag or digest, or an id. It has a POSIX shell at <c>/bin/sh</c> and <c>env</c>.</summary>
    public string Image { get; set; } = "";

    /// <summary>An archive that <c>docker save</c> wrote, loaded when the daemon does not have the image; empty for none.</summary>
    public string Archive { get; set; } = "";

    /// <summary>An image that is named by its digest and that the daemon does not have may be pulled.</summary>
    public bool AllowPull { get; set; }

    /// <summary>Containers that wait, started, for a task each; 0 for none, -1 for as many as the worker has slots.</summary>
    public int Prepared { get; set; } = -1;

    internal IEnumerable<string> FindProblems()
    {
        if (!Path.IsPathFullyQualified(Socket))
            yield return $"Docker:{nameof(Socket)}: \"{Socket}\" is not an absolute path";
        if (Image.Length == 0)
            yield return $"Docker:{nameof(Image)}: isolation docker needs an image to run tasks in: --image NAME";
        if (Archive.Length > 0 && !Path.IsPathFullyQualified(Archive))
            yield return $"Docker:{nameof(Archive)}: \"{Archive}\" is not an absolute path";
        if (Prepared is < -1 or > 1024)
            yield return $"Docker:{nameof(Prepared)}: {Prepared} is not between -1 and 1024";
    }
}
