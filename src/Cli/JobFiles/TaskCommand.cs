namespace BuildFarm.Cli.JobFiles;

/// <summary>What a task's keys become in its template.</summary>
public static class TaskCommand
{
    /// <summary>Platform property that names a container image.</summary>
    public const string ImageProperty = "container-image";

    /// <summary>Platform property that asks for a network; its value is then <c>allowed</c>.</summary>
    public const string NetworkProperty = "network";

    /// <summary>Platform property that asks for user namespaces of the task's own; its value is then <c>allowed</c>.</summary>
    public const string NestedUserNamespacesProperty = "nested-userns";

    /// <summary>The arguments: a shell line runs under <c>sh -e</c>, so that a step that fails ends it.</summary>
    public static IEnumerable<string> Arguments(RunLine run, Placeholders? placeholders) => run.IsShell
        ? ["/bin/sh", "-e", "-c", placeholders is null ? run.Words[0] : placeholders.Fill(run.Words[0], ShellWords.Quote)]
        : run.Words.Select(word => placeholders is null ? word : placeholders.Fill(word));

    /// <summary>What it holds while it runs.</summary>
    public static V1.Resources Resources(long cpuMillis, long memoryBytes, IReadOnlyDictionary<string, long> named)
    {
        var resources = new V1.Resources { CpuMillis = cpuMillis, MemoryBytes = memoryBytes };
        foreach (var (name, amount) in named)
        {
            resources.Named.Add(name, amount);
        }

        return resources;
    }

    /// <summary>Adds what the worker's pool must offer.</summary>
    public static void AddPlatform(IDictionary<string, string> platform, string? image, bool network, bool nestedUserNamespaces = false)
    {
        if (image is not null)
        {
            platform[ImageProperty] = image;
        }

        if (network)
        {
            platform[NetworkProperty] = "allowed";
        }

        if (nestedUserNamespaces)
        {
            platform[NestedUserNamespacesProperty] = "allowed";
        }
    }
}
