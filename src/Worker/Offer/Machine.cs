using System.Globalization;
using System.Runtime.InteropServices;
using BuildFarm.V1;

namespace BuildFarm.Worker.Offer;

/// <summary>Facts of the machine, from <c>/proc</c>.</summary>
public static class Machine
{
    /// <summary>What the worker tells of its host.</summary>
    public static HostFacts Read() =>
        new()
        {
            Hostname = Environment.MachineName,
            Kernel = File.Exists("/proc/sys/kernel/osrelease") ? File.ReadAllText("/proc/sys/kernel/osrelease").Trim() : Environment.OSVersion.VersionString,
            CpuModel = Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
            CpuCount = Environment.ProcessorCount,
            MemoryBytes = MemoryBytes(),
        };

    /// <summary>Architecture as REAPI clients name it.</summary>
    public static string Architecture() =>
        RuntimeInformation.OSArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => "x86_64",
            System.Runtime.InteropServices.Architecture.Arm64 => "aarch64",
            var other => other.ToString().ToLowerInvariant(),
        };

    private static long MemoryBytes()
    {
        var total = Field("/proc/meminfo", "MemTotal")?.Split(' ')[0];
        return long.TryParse(total, NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes) ? kibibytes << 10 : 0;
    }

    private static string? Field(string file, string name)
    {
        if (!File.Exists(file))
            return null;
        foreach (var line in File.ReadLines(file))
        {
            var colon = line.IndexOf(':');
            if (colon > 0 && line.AsSpan(0, colon).Trim().SequenceEqual(name))
                return line[(colon + 1)..].Trim();
        }

        return null;
    }
}
