using BuildFarm.Worker.Containers.Docker;
using BuildFarm.Worker.Containers.Docker.Engine;
using BuildFarm.Worker.Containers.Oci;
using BuildFarm.Worker.Containers.Plain;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Processes;
using BuildFarm.Worker.Removal;
using BuildFarm.Worker.Rootless;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Worker.Containers;

/// <summary>Chooses the runtime once, when the worker starts, by running something in it.</summary>
internal sealed partial class RuntimeSelector(ReadinessPoller poller, BackgroundRemover remover, ILogger logger)
{
    /// <param name="isolation">As in <see cref="WorkerOptions.Isolation"/>.</param>
    /// <param name="options">For OCI runtimes.</param>
    /// <param name="cancellationToken">Ends the probing.</param>
    /// <exception cref="RuntimeUnusableException">None works; the message says what to install. Never falls back to no isolation.</exception>
    public async Task<IContainerRuntime> SelectAsync(string isolation, OciRuntimeOptions options, CancellationToken cancellationToken)
    {
        if (isolation == "none")
        {
            var plain = new PlainRuntime(poller);
            await plain.ProbeAsync(cancellationToken);
            LogChosen(plain.Description, "asked for by name");
            return plain;
        }

        return await SelectOciAsync(OciProgram.Find(ContainerPaths.SearchPath), options, cancellationToken);
    }

    /// <summary>The Docker daemon that the operator named.</summary>
    /// <exception cref="RuntimeUnusableException">It does not work here; the message says what to do.</exception>
    public async Task<IContainerRuntime> SelectDockerAsync(DockerRuntimeOptions options, CancellationToken cancellationToken)
    {
        var runtime = new DockerRuntime(options, new DockerClient(options.Docker.Socket, TimeProvider.System), poller, remover, TimeProvider.System, logger);
        try
        {
            await runtime.CleanUpAsync(cancellationToken);
            await runtime.ProbeAsync(cancellationToken);
            LogChosen(runtime.Description, "asked for by name");
            return runtime;
        }
        catch
        {
            await runtime.DisposeAsync();
            throw;
        }
    }

    /// <summary>The first of some programs that works.</summary>
    public async Task<IContainerRuntime> SelectOciAsync(
        IReadOnlyList<OciProgram> programs, OciRuntimeOptions options, CancellationToken cancellationToken)
    {
        if (Libc.EffectiveUser() != 0)
            throw RootlessEntry.Refusal();
        if (programs.Count == 0)
            throw new RuntimeUnusableException("no container runtime is installed: apt-get install crun (or runc), or ask for --isolation none by name");
        var refusals = new List<(string Program, string Message)>();
        foreach (var program in programs)
        {
            var runtime = new OciRuntime(program, options, poller, remover);
            try
            {
                await runtime.CleanUpAsync(cancellationToken);
                await runtime.ProbeAsync(cancellationToken);
                LogChosen(runtime.Description, refusals.Count == 0 ? "it is the fastest that is installed" : $"others refuse: {Describe(refusals)}");
                return runtime;
            }
            catch (RuntimeUnusableException e)
            {
                refusals.Add((program.Name, e.Message));
                await runtime.DisposeAsync();
            }
        }

        throw new RuntimeUnusableException(
            $"no container runtime works here; {Describe(refusals)}. Mend that, or apt-get install crun runc, or ask for --isolation none by name");
    }

    // What holds for several programs is said once.
    private static string Describe(IEnumerable<(string Program, string Message)> refusals) =>
        string.Join("; ", refusals.GroupBy(refusal => refusal.Message, refusal => refusal.Program, StringComparer.Ordinal)
            .Select(same => $"{string.Join(", ", same)}: {same.Key}"));

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "tasks run in {Runtime}: {Reason}")]
    private partial void LogChosen(string runtime, string reason);
}
