namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>
/// The calls of the Docker Engine API that the farm makes. Nothing is thrown for what the daemon does or fails to do: an error is
/// part of each result, and null in the place of an error means that it is done. Cancellation alone throws.
/// </summary>
internal interface IDockerClient : IDisposable
{
    /// <summary>Finds out which version to speak; before it every call speaks the oldest.</summary>
    Task<DockerResult<ApiVersion>> PingAsync(CancellationToken cancellationToken);

    Task<DockerResult<EngineInfo>> InfoAsync(CancellationToken cancellationToken);

    /// <summary>Makes a container and returns its id.</summary>
    /// <param name="name">Letters, digits, dash, dot, underscore; unique on the daemon.</param>
    /// <param name="settings">What it is.</param>
    /// <param name="cancellationToken">Ends the call; the container may be there all the same.</param>
    Task<DockerResult<string>> CreateAsync(string name, ContainerSettings settings, CancellationToken cancellationToken);

    /// <summary>Attaches to a container's three standard streams; before its start, and nothing of them is lost.</summary>
    Task<DockerResult<AttachedStreams>> AttachAsync(string id, CancellationToken cancellationToken);

    /// <summary>Starts a container; done as well when it runs already.</summary>
    Task<DockerError?> StartAsync(string id, CancellationToken cancellationToken);

    /// <summary>Waits until a container does not run, however long that takes, and returns its exit code.</summary>
    Task<DockerResult<int>> WaitAsync(string id, CancellationToken cancellationToken);

    Task<DockerResult<ContainerFacts>> InspectAsync(string id, CancellationToken cancellationToken);

    /// <summary>Sends a signal to process 1 of a container; SIGKILL ends all of it.</summary>
    Task<DockerError?> KillAsync(string id, string signal, CancellationToken cancellationToken);

    /// <summary>Ends a container if it runs, and removes it with its volumes; done as well when it is gone or going.</summary>
    Task<DockerError?> RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>Containers in any state that have a label, given as <c>name=value</c>.</summary>
    Task<DockerResult<ContainerSummary[]>> ListAsync(string label, CancellationToken cancellationToken);

    /// <param name="reference">Name with tag or digest, or the image's id.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<DockerResult<ImageFacts>> InspectImageAsync(string reference, CancellationToken cancellationToken);

    /// <summary>Makes an image of one layer from a tar archive of a root.</summary>
    Task<DockerError?> ImportImageAsync(Stream archive, string repository, string tag, CancellationToken cancellationToken);

    /// <summary>Loads the images of an archive that <c>docker save</c> wrote.</summary>
    Task<DockerError?> LoadImageAsync(Stream archive, CancellationToken cancellationToken);

    /// <summary>Pulls an image by its digest, so that what comes is what was named.</summary>
    /// <param name="reference"><c>repository@sha256:…</c>; anything else is refused here.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<DockerError?> PullImageAsync(string reference, CancellationToken cancellationToken);

    /// <summary>
    /// Events of containers with a label, as they happen. An error is the last of them: the stream broke. It ends without one when
    /// the daemon ends it.
    /// </summary>
    /// <param name="label">As <c>name=value</c>.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    IAsyncEnumerable<DockerResult<EngineEvent>> EventsAsync(string label, CancellationToken cancellationToken);
}
