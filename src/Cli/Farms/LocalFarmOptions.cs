using BuildFarm.Hosting.Local;
using BuildFarm.Worker.Containers.Docker;

namespace BuildFarm.Cli.Farms;

/// <summary>A whole farm in one process.</summary>
internal sealed record LocalFarmOptions
{
    /// <summary>Where everything it keeps is.</summary>
    public string DataFolder { get; init; } = DataDirectory.DefaultPath();

    /// <summary>What others are told about who holds the data folder.</summary>
    public string Holder { get; init; } = "farm up";

    /// <summary>Address to listen on.</summary>
    public string ListenAddress { get; init; } = "127.0.0.1";

    /// <summary>Port of gRPC; 0 takes a free one.</summary>
    public int Port { get; init; } = 8980;

    /// <summary>Port of pages and health; null for none.</summary>
    public int? HttpPort { get; init; } = 8981;

    /// <summary>CPUs of the local worker; null for all, 0 for no local worker.</summary>
    public int? Workers { get; init; }

    /// <summary>What tasks have as their root, as the worker's <c>--root</c> takes it.</summary>
    public string Root { get; init; } = "host";

    /// <summary>How the local worker keeps tasks apart.</summary>
    public string Isolation { get; init; } = "oci";

    /// <summary>For isolation docker.</summary>
    public DockerOptions Docker { get; init; } = new();

    /// <summary>Folder with a file for each secret that tasks may name; empty for none.</summary>
    public string Secrets { get; init; } = "";

    /// <summary>Tasks may ask for a network.</summary>
    public bool AllowNetwork { get; init; }

    /// <summary>Tasks may ask for user namespaces of their own.</summary>
    public bool AllowNestedUserNamespaces { get; init; }

    /// <summary>Clients may assert action results: whoever reaches the farm decides then what others' builds contain.</summary>
    public bool AcceptResults { get; init; }

    /// <summary>Be found by this user's commands.</summary>
    public bool HasSocket { get; init; } = true;

    /// <summary>Jobs outlive this process, and go on with the next; otherwise they end with it.</summary>
    public bool KeepsJobs { get; init; } = true;

    /// <summary>Signals end the farm; otherwise whoever started it does.</summary>
    public bool ObeysSignals { get; init; } = true;

    /// <summary>Logs what an operator reads; otherwise only warnings.</summary>
    public bool Talks { get; init; } = true;

    /// <summary>How long tasks may run on when the farm is told to end.</summary>
    public TimeSpan DrainGrace { get; init; } = TimeSpan.FromSeconds(10);
}
