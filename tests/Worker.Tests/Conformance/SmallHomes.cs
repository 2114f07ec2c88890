namespace BuildFarm.Worker.Tests.Conformance;

/// <summary>Limits of kept homes that are reached soon.</summary>
internal static class SmallHomes
{
    public static void Set(WorkerOptions options)
    {
        options.KeptHomeBytes = 32 << 20;
        options.KeptHomes = 4;
    }
}
