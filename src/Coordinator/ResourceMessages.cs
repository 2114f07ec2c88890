using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator;

/// <summary>Amounts of resources in the protocol's words and in the scheduler's.</summary>
internal static class ResourceMessages
{
    private const int MostNames = 16;

    /// <summary>What is wrong with a message, in one line; null when it can be read.</summary>
    public static string? FindFault(V1.Resources? resources) => resources switch
    {
        null => null,
        { CpuMillis: < 0 } or { MemoryBytes: < 0 } => "resources are negative",
        { Named.Count: > MostNames } => $"resources.named has more than {MostNames} names",
        _ when resources.Named.Keys.FirstOrDefault(static name => !NamedAmounts.IsName(name)) is { } name =>
            $"resources.named has the name '{name}'; {NamedAmounts.NameRule}",
        _ when resources.Named.Values.Any(static amount => amount < 0) => "resources.named has a negative amount",
        _ => null,
    };

    /// <summary>Reads a message without a fault; nothing at all for none.</summary>
    public static Resources ToScheduling(V1.Resources? resources) => resources is null
        ? Resources.None
        : new Resources(resources.CpuMillis, resources.MemoryBytes) { Named = NamedAmounts.Of(resources.Named) };

    /// <summary>Writes a message.</summary>
    public static V1.Resources ToProto(Resources resources)
    {
        var message = new V1.Resources { CpuMillis = resources.CpuMillis, MemoryBytes = resources.MemoryBytes };
        foreach (var (name, amount) in resources.Named.Amounts)
        {
            message.Named.Add(name, amount);
        }

        return message;
    }
}
