namespace BuildFarm.Hosting;

/// <summary>Exit codes of every executable of the farm; the numbers are part of the command line's contract.</summary>
public static class ExitCode
{
    /// <summary>All that was asked was done.</summary>
    public const int Ok = 0;

    /// <summary>At least one test failed.</summary>
    public const int TestsFailed = 1;

    /// <summary>The command line, a file it names or the configuration is wrong.</summary>
    public const int Usage = 2;

    /// <summary>A build task failed.</summary>
    public const int BuildFailed = 3;

    /// <summary>There was nothing to run.</summary>
    public const int NothingRan = 4;

    /// <summary>A task ran into its time limit.</summary>
    public const int Timeout = 5;

    /// <summary>The farm itself failed: a lost worker, a full disk, an unreported task.</summary>
    public const int Infrastructure = 6;

    /// <summary>No coordinator answers at the address.</summary>
    public const int Unreachable = 7;

    /// <summary>A newer job of the same key took this one's place.</summary>
    public const int Superseded = 8;

    /// <summary>Cancelled on request; what a shell reports for SIGINT.</summary>
    public const int Cancelled = 130;
}
