namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>What a container is made of. Names and units are the Engine API's; what is null is left to the daemon.</summary>
internal sealed record ContainerSettings
{
    public required string Image { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }

    public IReadOnlyList<string>? Env { get; init; }

    public string? User { get; init; }

    public string? WorkingDir { get; init; }

    public string? Hostname { get; init; }

    /// <summary>Standard input stays open and is what comes over an attached stream.</summary>
    public bool OpenStdin { get; init; }

    /// <summary>It ends when the first attached stream does.</summary>
    public bool StdinOnce { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public HostSettings? HostConfig { get; init; }
}
