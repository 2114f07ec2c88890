using System.Globalization;
using System.Runtime.InteropServices;

namespace BuildFarm.Worker.Rootless;

/// <summary>The ids, as the worker's own user namespace has them, that containers map.</summary>
/// <param name="First">What 0 inside is outside.</param>
/// <param name="Count">How many.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HostIds(uint First, uint Count)
{
    /// <summary>What a container has where there is no shortage.</summary>
    public const uint Wanted = 65536;

    // The tasks' user must be among them, and a few that programs of a root may name.
    private const uint Least = 2000;

    /// <summary>Of the host's own namespace: above every range that distributions hand out to users and services, below the sign bit.</summary>
    public static HostIds OfTheHost { get; } = new(0x7000_0000, Wanted);

    /// <summary>Those of the namespace that this process is in.</summary>
    /// <exception cref="Containers.RuntimeUnusableException">It has too few.</exception>
    public static HostIds Own() => Of(File.ReadAllText("/proc/self/uid_map"), File.ReadAllText("/proc/self/gid_map"));

    /// <param name="users">Content of <c>/proc/PID/uid_map</c>.</param>
    /// <param name="groups">Content of <c>/proc/PID/gid_map</c>.</param>
    /// <exception cref="Containers.RuntimeUnusableException">The namespace has too few.</exception>
    public static HostIds Of(string users, string groups)
    {
        var (wanted, end) = (OfTheHost.First, OfTheHost.First + (ulong)Wanted);
        if (MappedFrom(users, wanted) >= end && MappedFrom(groups, wanted) >= end)
            return OfTheHost;
        // In a namespace of a user's, 0 is that user; what was handed out to it comes after.
        var count = (uint)Math.Min(Wanted, Math.Min(MappedFrom(users, 1), MappedFrom(groups, 1)) - 1);
        return count >= Least
            ? new HostIds(1, count)
            : throw new Containers.RuntimeUnusableException(
                $"this worker's user namespace maps {count} ids beside its own and containers need {Least}: give it more, up to {Wanted}");
    }

    /// <summary>The first id from some other on that a map does not have.</summary>
    private static ulong MappedFrom(string map, ulong first)
    {
        var ranges = map.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(static fields => fields.Length == 3)
            .Select(static fields => (First: ulong.Parse(fields[0], CultureInfo.InvariantCulture), Count: ulong.Parse(fields[2], CultureInfo.InvariantCulture)))
            .OrderBy(static range => range.First);
        foreach (var (start, count) in ranges)
        {
            if (start <= first && first < start + count)
                first = start + count;
        }

        return first;
    }
}
