namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>Why a call to the daemon came to nothing.</summary>
/// <param name="Status">HTTP status of the daemon's answer; 0 when there was none, or none that makes sense.</param>
/// <param name="Message">One line: the daemon's own words, or what happened instead of them.</param>
internal sealed record DockerError(int Status, string Message)
{
    /// <summary>The container or the image is not there.</summary>
    public bool IsAbsent => Status == 404;

    /// <summary>The daemon is busy with the same container, or its state forbids the call.</summary>
    public bool IsConflict => Status == 409;

    public override string ToString() => Message;
}
