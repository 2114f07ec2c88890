using System.Globalization;
using System.Text;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Containers;

/// <summary>
/// The files by which programs find out how large their machine is, as they are for one task: its CPUs, its memory. What programs ask
/// the kernel by calls follows the CPUs by itself; memory asked for by sysinfo(2) is the host's.
/// </summary>
internal static class MachineView
{
    private static readonly string[] CpuLists = ["online", "present", "possible"];

    // Read once: on some machines the kernel measures every CPU's frequency for it.
    private static readonly Lazy<IReadOnlyDictionary<int, string>> Processors = new(ReadProcessors);

    /// <summary>Path in the container, and content.</summary>
    public static IEnumerable<(string Path, string Content)> Files(IReadOnlyList<int> cpus, long memoryBytes)
    {
        var list = CpuAffinity.Text(cpus) + "\n";
        foreach (var name in CpuLists)
            yield return ($"/sys/devices/system/cpu/{name}", list);
        if (Processors.Value.Count > 0)
            yield return ("/proc/cpuinfo", string.Concat(cpus.Select(static cpu => Processors.Value.GetValueOrDefault(cpu, ""))));
        yield return ("/proc/meminfo", Memory(memoryBytes));
    }

    private static string Memory(long bytes)
    {
        var text = new StringBuilder();
        var kibibytes = bytes >> 10;
        foreach (var name in (ReadOnlySpan<string>)["MemTotal", "MemFree", "MemAvailable"])
            text.Append(CultureInfo.InvariantCulture, $"{name + ":",-15} {kibibytes,8} kB\n");
        foreach (var name in (ReadOnlySpan<string>)["Buffers", "Cached", "SwapCached", "Active", "Inactive", "SwapTotal", "SwapFree", "Dirty", "Writeback", "AnonPages", "Mapped", "Shmem", "Slab", "SReclaimable", "SUnreclaim"])
            text.Append(CultureInfo.InvariantCulture, $"{name + ":",-15} {0,8} kB\n");
        return text.ToString();
    }

    private static Dictionary<int, string> ReadProcessors()
    {
        var blocks = new Dictionary<int, string>();
        var all = File.Exists("/proc/cpuinfo") ? File.ReadAllText("/proc/cpuinfo") : "";
        foreach (var block in all.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var first = block.Split('\n')[0];
            if (first.StartsWith("processor", StringComparison.Ordinal) && int.TryParse(first.AsSpan(first.IndexOf(':') + 1), CultureInfo.InvariantCulture, out var number))
                blocks[number] = block.TrimEnd('\n') + "\n\n";
        }

        return blocks;
    }
}
