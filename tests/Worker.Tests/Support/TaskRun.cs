using BuildFarm.V1;

namespace BuildFarm.Worker.Tests.Support;

/// <summary>One attempt as a test describes it.</summary>
internal sealed record TaskRun(params string[] Arguments)
{
    public Dictionary<string, string> Inputs { get; init; } = [];

    public Dictionary<string, string> Environment { get; init; } = [];

    public string[] Outputs { get; init; } = [];

    public string[] RequiredOutputs { get; init; } = [];

    public string WorkingDirectory { get; init; } = "";

    /// <summary>Platform properties.</summary>
    public Dictionary<string, string> Platform { get; init; } = [];

    /// <summary>Names of secrets that the bench has.</summary>
    public string[] Secrets { get; init; } = [];

    /// <summary>By default longer than any machine takes for a test's task.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    public long CpuMillis { get; init; }

    public long MemoryBytes { get; init; } = 256L << 20;

    public static TaskRun Shell(string script) => new("sh", "-c", script);
}

/// <summary>What came of it.</summary>
internal sealed record TaskEnd(Completion Completion, string Output, string Error);
