using System.Diagnostics;
using System.Security.Cryptography;
using BuildFarm.Digests;

namespace BuildFarm.Bench.BlobStore;

/// <summary>
/// One blob of 1 GiB to and from the cache service, over ByteStream, beside nginx moving the same file over cleartext
/// HTTP/2. The cache hashes what it takes, always; what it gives is hashed at the first read in a process.
/// </summary>
internal static class BlobBench
{
    private const int Rounds = 5;
    private const int BlobBytes = 1 << 30;

    public static async Task<int> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("buildfarm-bench-").FullName;
        try
        {
            await MeasureAsync(folder);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(string folder)
    {
        var content = new byte[BlobBytes];
        RandomNumberGenerator.Fill(content);
        var file = Path.Combine(folder, "content");
        await using var nginx = await Nginx.StartAsync(Directory.CreateDirectory(Path.Combine(folder, "nginx")).FullName);
        var figures = new Dictionary<string, List<double>>(StringComparer.Ordinal);

        for (var round = 0; round <= Rounds; round++)
        {
            // Another blob each round: writing one that is there already would measure nothing.
            content[0]++;
            await File.WriteAllBytesAsync(file, content);
            var start = Stopwatch.GetTimestamp();
            var digest = Digest.OfBytes(content);
            Keep("SHA-256", BlobBytes / Stopwatch.GetElapsedTime(start).TotalSeconds);

            Keep("nginx write", await nginx.WriteAsync("content", file));
            Keep("nginx read", await nginx.ReadAsync("content", BlobBytes));

            var store = Path.Combine(folder, $"store-{round}");
            await using (var cache = await CacheUnderTest.StartAsync(store, verifyReads: true))
            {
                Keep("write", await cache.WriteAsync(digest, file));
            }

            await using (var cache = await CacheUnderTest.StartAsync(store, verifyReads: true))
            {
                Keep("verified read", await cache.ReadAsync(digest));
                Keep("read", await cache.ReadAsync(digest));
            }

            Directory.Delete(store, recursive: true);
            if (round == 0)
            {
                // The first round only warms up.
                figures.Clear();
            }
        }

        Report.Header($"Blobs: 1 GiB over ByteStream; median of {Rounds} rounds, GB/s", "figure", "BuildFarm", "nginx h2c", "nginx time ÷ ours", "SHA-256 alone");
        Row("write (hashed)", "write", "nginx write");
        Row("first read (hashed)", "verified read", "nginx read");
        Row("later read", "read", "nginx read");

        void Keep(string name, double bytesPerSecond)
        {
            if (!figures.TryGetValue(name, out var list))
            {
                figures[name] = list = [];
            }

            list.Add(bytesPerSecond);
        }

        void Row(string title, string ours, string peer)
        {
            var (mine, theirs) = (Report.Median(figures[ours]), Report.Median(figures[peer]));
            Report.Row(title, Report.Number(mine / 1e9), Report.Number(theirs / 1e9), Report.Ratio(mine, theirs), Report.Number(Report.Median(figures["SHA-256"]) / 1e9));
        }
    }
}
