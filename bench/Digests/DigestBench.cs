using System.Diagnostics;
using BuildFarm.Digests;

namespace BuildFarm.Bench.Digests;

/// <summary>What each digest function makes of content that lies in memory, on one thread.</summary>
internal static class DigestBench
{
    private const int LargeBytes = 64 << 20;
    private const int PartBytes = 256 * 1024;
    private const int SmallBytes = 4096;
    private const int Smalls = 20_000;
    private const int Rounds = 5;

    public static int Run()
    {
        var content = new byte[LargeBytes];
        new Random(1).NextBytes(content);
        Report.Header($"Digest functions, one thread: the best of {Rounds} rounds", "function", "at once, GB/s", "in parts of 256 KiB, GB/s", "4 KiB, µs");
        foreach (var function in DigestFunction.All)
        {
            var whole = Best(() => Digest.OfBytes(content, function));
            var parts = Best(() =>
            {
                using var builder = new DigestBuilder(function);
                for (var at = 0; at < LargeBytes; at += PartBytes)
                {
                    builder.Append(content.AsSpan(at, PartBytes));
                }

                builder.Finish();
            });
            var small = Best(() =>
            {
                for (var i = 0; i < Smalls; i++)
                {
                    Digest.OfBytes(content.AsSpan(i % 1000 * SmallBytes, SmallBytes), function);
                }
            });
            Report.Row(function.Name, Report.Number(LargeBytes / whole / 1e9), Report.Number(LargeBytes / parts / 1e9), Report.Number(small / Smalls * 1e6, "0.0"));
        }

        return 0;
    }

    private static double Best(Action work)
    {
        work();
        var best = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            work();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
