using BuildFarm.Worker.Processes;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Containers.Plain;

/// <summary>
/// No isolation: a child process with a home and a temporary folder of its own, in a copy of its inputs, ended with its
/// process group. It can read and change what the worker can, so it is used only when asked for by name.
/// </summary>
internal sealed class PlainRuntime(ReadinessPoller poller) : IContainerRuntime
{
    private readonly SafeFileHandle standardInput = Pipe.Empty();

    public string Name => "none";

    public string Description => "no isolation, as asked for: tasks can reach everything the worker can";

    public WorkspaceKind WorkspaceKind => WorkspaceKind.Copy;

    public bool FiltersSystemCalls => false;

    public bool EndsEverything => false;

    public TaskOwner Owner => new(0, Differs: false);

    public string HomePath(string stateDirectory) => Path.Combine(stateDirectory, "home");

    public string TemporaryPath(string stateDirectory) => Path.Combine(stateDirectory, "tmp");

    public string RuntimePath(string stateDirectory) => Path.Combine(stateDirectory, "run");

    public Task ProbeAsync(CancellationToken cancellationToken) =>
        File.Exists(ContainerInit.Prefix[0])
            ? Task.CompletedTask
            : throw new RuntimeUnusableException($"{ContainerInit.Prefix[0]} is missing on this machine");

    public Task<IRunningContainer> StartAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (spec.Workspace is not FolderMount folder)
            throw new NotSupportedException("without isolation tasks work in copies of their inputs");
        if (spec.Secrets.Count > 0)
            throw new ContainerStartException("without isolation there is no place that is a task's alone, so tasks get no secrets");
        Directory.CreateDirectory(HomePath(spec.StateDirectory));
        Directory.CreateDirectory(TemporaryPath(spec.StateDirectory));
        Directory.CreateDirectory(RuntimePath(spec.StateDirectory), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var output = Pipe.Create();
        var error = Pipe.Create();
        try
        {
            // The shell is not process 1 here; it stays so that commands that cannot be started fail alike everywhere.
            var process = ChildProcess.Start(
                ContainerInit.Prefix[0],
                [.. ContainerInit.PrefixOf(spec.Prelude), .. spec.Arguments],
                [.. spec.Environment.Select(static variable => $"{variable.Key}={variable.Value}")],
                new StandardStreams(standardInput, output.Write, error.Write),
                Path.Combine(folder.Path, spec.WorkingDirectory),
                poller);
            return Task.FromResult<IRunningContainer>(
                new PlainContainer(process, new OutputPipe(output.Read, poller), new OutputPipe(error.Read, poller)));
        }
        catch (IOException e)
        {
            output.Read.Dispose();
            error.Read.Dispose();
            throw new ContainerStartException(e.Message);
        }
        finally
        {
            output.Write.Dispose();
            error.Write.Dispose();
        }
    }

    /// <summary>Nothing marks a process of a predecessor as its own.</summary>
    public Task<int> CleanUpAsync(CancellationToken cancellationToken) => Task.FromResult(0);

    public ValueTask DisposeAsync()
    {
        standardInput.Dispose();
        return ValueTask.CompletedTask;
    }
}
