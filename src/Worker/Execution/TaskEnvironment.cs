using System.Globalization;
using BuildFarm.Worker.Containers;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Worker.Execution;

/// <summary>The environment of a task: constants, what it may use, and the Command's own. Nothing of the worker's.</summary>
internal static class TaskEnvironment
{
    /// <param name="command">Its variables win over the constants.</param>
    /// <param name="limits">Shown as FARM_MEMORY (bytes).</param>
    /// <param name="cpuCount">Whole CPUs that it has, shown as FARM_CPUS, and to make as how many jobs to run at once.</param>
    /// <param name="folders">Its private folders.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(Reapi.Command command, ContainerLimits limits, int cpuCount, TaskFolders folders)
    {
        var home = folders.Home;
        var cpus = cpuCount.ToString(CultureInfo.InvariantCulture);
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = ContainerPaths.SearchPath,
            ["HOME"] = home,
            ["TMPDIR"] = folders.Temporary,
            ["LANG"] = "C.UTF-8",
            ["USER"] = ContainerPaths.User,
            ["LOGNAME"] = ContainerPaths.User,
            // Said although they are the defaults, because programs that were built elsewhere have others.
            ["XDG_CACHE_HOME"] = $"{home}/.cache",
            ["XDG_CONFIG_HOME"] = $"{home}/.config",
            ["XDG_DATA_HOME"] = $"{home}/.local/share",
            ["XDG_STATE_HOME"] = $"{home}/.local/state",
            ["XDG_RUNTIME_DIR"] = folders.Runtime,
            ["MAKEFLAGS"] = $"-j{cpus}",
            ["FARM_CPUS"] = cpus,
            ["FARM_MEMORY"] = limits.MemoryBytes.ToString(CultureInfo.InvariantCulture),
        };
        if (folders.Secrets is not null)
            variables["FARM_SECRETS"] = folders.Secrets;
        foreach (var variable in command.EnvironmentVariables)
        {
            if (variable.Name.Length == 0 || variable.Name.AsSpan().ContainsAny('=', '\0') || variable.Value.Contains('\0'))
                throw new InvalidActionException($"\"{variable.Name}\" is no name of an environment variable");
            variables[variable.Name] = variable.Value;
        }

        return [.. variables];
    }
}
