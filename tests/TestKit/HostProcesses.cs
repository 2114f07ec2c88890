using System.Globalization;

namespace BuildFarm.TestKit;

/// <summary>Processes of this machine, as the host sees them.</summary>
public static class HostProcesses
{
    private static int markers;

    /// <summary>A number of seconds that no other process of this machine sleeps, of other suites and runs neither.</summary>
    public static string Marker() => $"{Environment.ProcessId}{Interlocked.Increment(ref markers):d3}";

    /// <summary>Those whose command line contains a text; NUL stands between arguments.</summary>
    public static IEnumerable<int> WithCommand(string text) =>
        Directory.EnumerateDirectories("/proc")
            .Select(static folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Where(number => number > 0 && CommandOf(number).Contains(text, StringComparison.Ordinal));

    /// <summary>Whether a process runs no more; its parent may not have noticed yet.</summary>
    public static bool HasEnded(int process)
    {
        try
        {
            // After the name, which may hold anything, comes the state.
            var status = File.ReadAllText($"/proc/{process}/stat");
            return status[status.LastIndexOf(')') + 2] is 'Z' or 'X';
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Its command line; nothing when it has ended.</summary>
    public static string CommandOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
