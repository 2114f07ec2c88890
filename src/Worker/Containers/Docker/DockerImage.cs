using BuildFarm.Worker.Containers.Docker.Engine;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>Finds the image that tasks run in, and brings it to the daemon when it is not there and may be brought.</summary>
internal static class DockerImage
{
    /// <summary>The image's id, which says what is in it, as a name does not.</summary>
    /// <exception cref="RuntimeUnusableException">It cannot be had.</exception>
    public static async Task<string> ResolveAsync(IDockerClient client, DockerOptions options, CancellationToken cancellationToken)
    {
        var found = await client.InspectImageAsync(options.Image, cancellationToken);
        if (found.Error is { IsAbsent: true } && await TryBringAsync(client, options, cancellationToken))
            found = await client.InspectImageAsync(options.Image, cancellationToken);
        if (found.TryGet(out var image, out var error))
            return image.Id;
        throw new RuntimeUnusableException(
            error.IsAbsent
                ? $"the Docker daemon does not have the image {options.Image}: docker pull or docker load it, or let the worker do that (Worker:Docker:Archive, or Worker:Docker:AllowPull with a digest)"
                : error.Message);
    }

    private static async Task<bool> TryBringAsync(IDockerClient client, DockerOptions options, CancellationToken cancellationToken)
    {
        if (options.Archive.Length > 0)
        {
            try
            {
                await using var archive = File.OpenRead(options.Archive);
                Check(await client.LoadImageAsync(archive, cancellationToken), $"the Docker daemon cannot load {options.Archive}");
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new RuntimeUnusableException($"the image archive {options.Archive} cannot be read: {e.Message}");
            }
        }

        if (!options.AllowPull)
            return false;
        Check(await client.PullImageAsync(options.Image, cancellationToken), $"the Docker daemon cannot pull {options.Image}");
        return true;
    }

    private static void Check(DockerError? error, string what)
    {
        if (error is not null)
            throw new RuntimeUnusableException($"{what}: {error.Message}");
    }
}
