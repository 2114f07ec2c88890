namespace BuildFarm.Cli.JobFiles;

/// <summary>A place in a job file, counted from 1.</summary>
public readonly record struct Place(long Line, long Column);

/// <summary>A text of a job file and where it stands.</summary>
public sealed record Located(string Text, Place At);

/// <summary>What <c>run:</c> says: a shell line, or a list of arguments.</summary>
/// <param name="IsShell">One element, for the shell.</param>
/// <param name="Words">The shell line, or the arguments.</param>
/// <param name="At">Where it stands.</param>
public sealed record RunLine(bool IsShell, IReadOnlyList<string> Words, Place At);

/// <summary>One entry of <c>tasks:</c>, as it is written.</summary>
public sealed record JobFileTask
{
    /// <summary>Its name.</summary>
    public required Located Name { get; init; }

    /// <summary>What it runs.</summary>
    public required RunLine Run { get; init; }

    /// <summary>Names of tasks that come first.</summary>
    public IReadOnlyList<Located> Needs { get; init; } = [];

    /// <summary>Patterns; null when the key is absent, which means the whole folder.</summary>
    public IReadOnlyList<Located>? Inputs { get; init; }

    /// <summary>Paths that it makes.</summary>
    public IReadOnlyList<Located> Outputs { get; init; } = [];

    /// <summary>One task for each file that matches; null for one task.</summary>
    public Located? ForEach { get; init; }

    /// <summary>Thousandths of a CPU; 0 for the farm's default.</summary>
    public long CpuMillis { get; init; }

    /// <summary>Bytes; 0 for the farm's default.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>What else it holds while it runs, by name.</summary>
    public IReadOnlyDictionary<string, long> Resources { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>How often a failure is tried again.</summary>
    public int Retries { get; init; }

    /// <summary>Added to the job's.</summary>
    public int Priority { get; init; }

    /// <summary>How long after the submit it ends as timed out; null for never.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Wall time of one attempt; null for the farm's default.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Container image; null for the farm's default root.</summary>
    public string? Image { get; init; }

    /// <summary>What no other task may have while it runs, on whatever worker.</summary>
    public IReadOnlyList<string> Exclusive { get; init; } = [];

    /// <summary>Names of secrets that the farm holds.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Asks for a network.</summary>
    public bool Network { get; init; }

    /// <summary>Folder, from the job file's, that its home begins as; null for none.</summary>
    public Located? HomeTemplate { get; init; }

    /// <summary>Name under which its home is kept; null when it is not.</summary>
    public string? HomeKept { get; init; }

    /// <summary>What was kept is removed first.</summary>
    public bool HomeRenew { get; init; }

    /// <summary>Asks for user namespaces of its own.</summary>
    public bool NestedUserNamespaces { get; init; }

    /// <summary>Its result may be kept and reused.</summary>
    public bool Cache { get; init; } = true;

    /// <summary>A failure of it is a failed test, not a failed build.</summary>
    public bool IsTest { get; init; }
}

/// <summary>A job file after its keys and types have been checked.</summary>
/// <param name="Path">As the person named it, for messages.</param>
/// <param name="Folder">The folder that its paths are relative to.</param>
/// <param name="Name">What to call the job.</param>
/// <param name="Tasks">In the order of the file.</param>
public sealed record JobFile(string Path, string Folder, string Name, IReadOnlyList<JobFileTask> Tasks)
{
    /// <summary>Higher goes first.</summary>
    public int Priority { get; init; }

    /// <summary>How long after the submit what has not finished ends as timed out; null for never.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Key of the unfinished job that it takes the place of; empty for none.</summary>
    public string Supersede { get; init; } = "";
}
