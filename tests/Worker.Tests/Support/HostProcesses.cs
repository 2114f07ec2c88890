using System.Globalization;

namespace BuildFarm.Worker.Tests.Support;

/// <summary>Processes of this machine, as the host sees them.</summary>
internal static class HostProcesses
{
    /// <summary>Those whose command line contains a text; NUL stands between arguments.</summary>
    public static IEnumerable<int> WithCommand(string text) =>
        Directory.EnumerateDirectories("/proc")
            .Select(static folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Where(number => number > 0 && CommandOf(number).Contains(text, StringComparison.Ordinal));

    private static string CommandOf(int process)
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
