namespace BuildFarm.Worker.Tests.Conformance;

/// <summary>Limits that are reached soon.</summary>
internal static class SmallLimits
{
    public static void Set(WorkerOptions options)
    {
        options.WorkspaceBytes = 128 << 20;
        options.WorkspaceFiles = 4_000;
        options.Outputs = options.Outputs with { MaxFileBytes = 64 << 20 };
    }
}
