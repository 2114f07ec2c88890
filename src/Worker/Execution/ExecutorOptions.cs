using BuildFarm.V1;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Outputs;

namespace BuildFarm.Worker.Execution;

/// <summary>What an executor needs to know of its worker.</summary>
/// <param name="WorkerName">Written into results.</param>
/// <param name="DefaultMemoryBytes">For assignments that do not say.</param>
/// <param name="DefaultTimeout">For actions and assignments that do not say.</param>
/// <param name="TerminationGrace">Between SIGTERM and SIGKILL when the time is up.</param>
/// <param name="LogLimitBytes">What one task may write to both streams.</param>
/// <param name="HardCpu">Tasks may not use more CPU than their share even when it is idle.</param>
/// <param name="AllowNetwork">Tasks that ask for the network get the host's.</param>
/// <param name="Outputs">Limits of outputs.</param>
internal sealed record ExecutorOptions(
    string WorkerName,
    long DefaultMemoryBytes,
    TimeSpan DefaultTimeout,
    TimeSpan TerminationGrace,
    long LogLimitBytes,
    bool HardCpu,
    bool AllowNetwork,
    OutputLimits Outputs)
{
    /// <summary>How long a task may do nothing at all; zero for ever.</summary>
    public TimeSpan StallTimeout { get; init; }

    /// <summary>What runs before every task; null for nothing.</summary>
    public Prelude? Prelude { get; init; }

    /// <summary>Who runs attempts, for their results.</summary>
    public AttemptFacts Facts { get; init; } = new();

    /// <summary>Bytes that a task may write to its workspace.</summary>
    public long WorkspaceBytes { get; init; } = 50L << 30;

    /// <summary>Files, folders and links that it may make there.</summary>
    public int WorkspaceFiles { get; init; } = 1_000_000;

    /// <summary>Tasks that ask for it may make user namespaces of their own.</summary>
    public bool AllowNestedUserNamespaces { get; init; }
}
