using System.Diagnostics;
using System.Globalization;
using BuildFarm.Coordinator.Tests.Kit;

namespace BuildFarm.Coordinator.Tests.Journal;

/// <summary>A process that appends to a journal until it is killed in the middle of it.</summary>
internal static class KilledWriter
{
    /// <summary>Runs one until it has said that <paramref name="atLeast"/> records are acknowledged, kills it (SIGKILL), and returns the last number that it said.</summary>
    public static async Task<long> RunAsync(string kind, string where, long atLeast)
    {
        using var writer = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "BuildFarm.JournalWriter"), [kind, where])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        try
        {
            long acknowledged = 0;
            while (await writer.StandardOutput.ReadLineAsync().WaitAsync(TestFarm.Patience) is { } line)
            {
                acknowledged = long.Parse(line, CultureInfo.InvariantCulture);
                if (acknowledged >= atLeast)
                {
                    writer.Kill();
                    break;
                }
            }

            // What it said before it died counts as well.
            var rest = await writer.StandardOutput.ReadToEndAsync().WaitAsync(TestFarm.Patience);
            var last = rest.Split('\n') is [.., var whole, _] ? long.Parse(whole, CultureInfo.InvariantCulture) : acknowledged;
            return Math.Max(acknowledged, last);
        }
        finally
        {
            writer.Kill();
        }
    }
}
