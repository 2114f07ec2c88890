namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>What a container may do and use. Names and units are the Engine API's; what is null is left to the daemon.</summary>
internal sealed record HostSettings
{
    public string? NetworkMode { get; init; }

    public string? IpcMode { get; init; }

    public string? CgroupnsMode { get; init; }

    public string? CgroupParent { get; init; }

    public bool ReadonlyRootfs { get; init; }

    public IReadOnlyList<string>? CapDrop { get; init; }

    public IReadOnlyList<string>? SecurityOpt { get; init; }

    /// <summary>Files of the host as <c>source:target:options</c>.</summary>
    public IReadOnlyList<string>? Binds { get; init; }

    /// <summary>Options of mount(8) by folder.</summary>
    public IReadOnlyDictionary<string, string>? Tmpfs { get; init; }

    /// <summary>Bytes of /dev/shm.</summary>
    public long? ShmSize { get; init; }

    /// <summary>Bytes.</summary>
    public long? Memory { get; init; }

    /// <summary>Bytes of memory and swap together.</summary>
    public long? MemorySwap { get; init; }

    /// <summary>Processes and threads.</summary>
    public long? PidsLimit { get; init; }

    /// <summary>Weight beside others; 1024 stands for one CPU.</summary>
    public long? CpuShares { get; init; }

    /// <summary>Billionths of a CPU that it may use at most.</summary>
    public long? NanoCpus { get; init; }

    public IReadOnlyList<ResourceLimit>? Ulimits { get; init; }

    public int? OomScoreAdj { get; init; }

    public LogSettings? LogConfig { get; init; }
}
