using System.Globalization;

namespace BuildFarm.EndToEnd.Tests.Fuzzing;

/// <summary>What a process holds, by the kernel's account.</summary>
/// <param name="Handles">Open files and sockets; not those of code, which is loaded when it is first needed.</param>
/// <param name="LogStreams">Of these the files of log streams, which a cache keeps open for who goes on writing.</param>
/// <param name="Threads">Of any kind.</param>
/// <param name="ResidentMiB">Memory.</param>
internal sealed record ProcessFacts(int Handles, int LogStreams, int Threads, long ResidentMiB)
{
    public static ProcessFacts Of(int process)
    {
        var targets = Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Select(static handle => new FileInfo(handle).LinkTarget ?? "")
            .Where(static target => !target.EndsWith(".dll", StringComparison.Ordinal) && !target.Contains(".so", StringComparison.Ordinal)).ToList();
        var logs = targets.Count(static target => target.Contains("/logs/", StringComparison.Ordinal));
        return new ProcessFacts(targets.Count - logs, logs, (int)Number(process, "Threads:"), Number(process, "VmRSS:") / 1024);
    }

    private static long Number(int process, string name)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
