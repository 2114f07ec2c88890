using System.Globalization;

namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>How the kernel writes what went between a cgroup and each disk.</summary>
internal static class DiskCounters
{
    private const string Disks = "/sys/block";

    /// <summary>Version 1, <c>blkio.throttle.io_service_bytes_recursive</c>: lines <c>8:0 Read 4096</c>, one for each disk and kind.</summary>
    public static DiskTraffic ReadV1(string? text)
    {
        long read = 0, written = 0;
        foreach (var line in Lines(text))
        {
            if (line.Split(' ') is [_, var kind, var bytes])
            {
                read += kind == "Read" ? Number(bytes) : 0;
                written += kind == "Write" ? Number(bytes) : 0;
            }
        }

        return new DiskTraffic(read, written);
    }

    /// <summary>Version 2, <c>io.stat</c>: a line <c>8:0 rbytes=4096 wbytes=0 rios=1 …</c> for each disk.</summary>
    public static DiskTraffic ReadV2(string? text)
    {
        long read = 0, written = 0;
        foreach (var field in Lines(text).SelectMany(static line => line.Split(' ')))
        {
            read += field.StartsWith("rbytes=", StringComparison.Ordinal) ? Number(field[7..]) : 0;
            written += field.StartsWith("wbytes=", StringComparison.Ordinal) ? Number(field[7..]) : 0;
        }

        return new DiskTraffic(read, written);
    }

    /// <summary>
    /// Version 1 counts nothing for a disk that never had a limit (since Linux 6.10). Taking away a limit that is not there is enough.
    /// </summary>
    /// <param name="folder">Any cgroup of the blkio hierarchy.</param>
    public static void BeginV1(string folder)
    {
        if (!Directory.Exists(Disks))
        {
            return;
        }

        foreach (var disk in Directory.EnumerateDirectories(Disks))
        {
            if (KernelFile.TryRead($"{disk}/dev")?.Trim() is { Length: > 0 } number)
            {
                KernelFile.TryWrite($"{folder}/blkio.throttle.read_bps_device", $"{number} 0");
            }
        }
    }

    private static string[] Lines(string? text) => (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
