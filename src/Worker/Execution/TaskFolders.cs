using BuildFarm.Worker.Containers;

namespace BuildFarm.Worker.Execution;

/// <summary>The private folders of a task, as the task sees them.</summary>
/// <param name="Home">HOME.</param>
/// <param name="Temporary">TMPDIR.</param>
/// <param name="Runtime">XDG_RUNTIME_DIR.</param>
/// <param name="Secrets">FARM_SECRETS; null for a task without secrets.</param>
internal sealed record TaskFolders(string Home, string Temporary, string Runtime, string? Secrets)
{
    /// <summary>Where a runtime puts them.</summary>
    public static TaskFolders Of(IContainerRuntime runtime, string stateDirectory, bool hasSecrets) => new(
        runtime.HomePath(stateDirectory),
        runtime.TemporaryPath(stateDirectory),
        runtime.RuntimePath(stateDirectory),
        hasSecrets ? ContainerPaths.Secrets : null);
}
