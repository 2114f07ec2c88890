using BuildFarm.Worker.Containers.Cgroups;
using BuildFarm.Worker.Containers.Docker.Engine;
using BuildFarm.Worker.Processes;
using BuildFarm.Worker.Removal;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>Makes containers that wait for a task, and removes containers.</summary>
internal sealed class ContainerMaker(
    IDockerClient client, ContainerRecipe recipe, DockerCgroups cgroups, string namePrefix, ReadinessPoller poller, BackgroundRemover remover, DaemonWatch daemon)
{
    private long _made;

    /// <summary>Makes and starts a container. It is not given up half way: who does not want it any more may keep it for another.</summary>
    /// <exception cref="ContainerStartException">The daemon refuses.</exception>
    public async Task<PreparedContainer> MakeAsync(ContainerClass kind)
    {
        var name = $"{namePrefix}{Interlocked.Increment(ref _made)}";
        ICgroup? own = null;
        AttachedStreams? streams = null;
        ProcessOne? process = null;
        try
        {
            own = cgroups.TryCreate(name, kind.Limits);
            var id = Value(await client.CreateAsync(name, recipe.Of(kind, own?.RuntimePath), CancellationToken.None));
            streams = Value(await client.AttachAsync(id, CancellationToken.None));
            Check(await client.StartAsync(id, CancellationToken.None));
            var facts = Value(await client.InspectAsync(id, CancellationToken.None));
            process = ProcessOne.TryOpen(facts.State.Pid, id, poller)
                ?? throw new ContainerStartException(
                    facts.State.Pid == 0
                        ? $"the container ended as soon as it began, with exit code {facts.State.ExitCode}; does the image have {ContainerInit.Prefix[0]}?"
                        : $"process {facts.State.Pid} of the container is not to be seen from here; the worker has to run in the pid namespace of the Docker daemon");
            return new PreparedContainer(id, kind, process, streams, own ?? cgroups.Find(process.Id));
        }
        catch (Exception e) when (e is ContainerStartException or IOException or UnauthorizedAccessException)
        {
            process?.Dispose();
            if (streams is not null)
                await streams.DisposeAsync();
            await RemoveAsync(name, own, static () => default);
            throw e as ContainerStartException ?? new ContainerStartException(e.Message);
        }
    }

    /// <summary>Gives a container to the remover: all of it but what the worker reads from it.</summary>
    /// <param name="container">Id or name.</param>
    /// <param name="cgroup">Its own; null when it has none.</param>
    /// <param name="removeRestAsync">Removes what else there is of its task.</param>
    public ValueTask RemoveAsync(string container, ICgroup? cgroup, Func<ValueTask> removeRestAsync) =>
        remover.AddAsync(new Leavings($"the container {container} of the Docker daemon", async () =>
        {
            var error = await client.RemoveAsync(container, CancellationToken.None);
            try
            {
                cgroup?.Remove();
            }
            finally
            {
                cgroup?.Dispose();
                await removeRestAsync();
            }

            // What is left under a daemon that is gone is removed when there is another.
            if (error is not null && daemon.Line.IsOpen)
                throw new IOException(error.Message);
        }));

    /// <summary>Ends and removes a container that no task has had.</summary>
    public async ValueTask DiscardAsync(PreparedContainer container)
    {
        container.Cgroup.Signal(DockerContainer.KillSignal);
        await container.Streams.DisposeAsync();
        container.Process.Dispose();
        await RemoveAsync(container.Id, container.Cgroup, static () => default);
    }

    private static T Value<T>(DockerResult<T> result) => result.TryGet(out var value, out var error) ? value : throw new ContainerStartException(error.Message);

    private static void Check(DockerError? error)
    {
        if (error is not null)
            throw new ContainerStartException(error.Message);
    }
}
