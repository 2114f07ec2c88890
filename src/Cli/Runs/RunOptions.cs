using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Output;

namespace BuildFarm.Cli.Runs;

/// <summary>How a job is submitted and followed.</summary>
public sealed record RunOptions
{
    /// <summary>How it is shown.</summary>
    public ProgressMode Progress { get; init; }

    /// <summary>NDJSON on standard output.</summary>
    public bool Json { get; init; }

    /// <summary>Leave as soon as the farm has it.</summary>
    public bool Detach { get; init; }

    /// <summary>Chosen by the person; null for one of this process.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>How long a submit tries again when the farm's queue is full.</summary>
    public TimeSpan Patience { get; init; } = DefaultPatience;

    /// <summary>Long enough for a queue to move, short enough for a person to look.</summary>
    public static TimeSpan DefaultPatience { get; } = TimeSpan.FromMinutes(10);

    /// <summary>SIGTERM cancels the run.</summary>
    public bool TerminateCancels { get; init; }

    /// <summary>Where to write JUnit XML; null for nowhere.</summary>
    public string? JUnit { get; init; }

    /// <summary>Outputs to bring back.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>Where to.</summary>
    public string OutputFolder { get; init; } = ".";

    /// <summary>What else to do when the run has ended, while the farm is there.</summary>
    public Func<FarmConnection, IReadOnlyCollection<FarmTask>, CancellationToken, Task>? Finished { get; init; }

    /// <summary>The job is one command whose output is shown live.</summary>
    public bool IsCommand { get; init; }
}
