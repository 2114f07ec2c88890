using System.Globalization;
using System.Text.Json;

namespace BuildFarm.Bench.Rpc;

/// <summary>
/// Unary calls and streaming through BuildFarm's RPC layer, beside gRPC's C++ library doing the same: client and server
/// in one process over loopback h2c, rounds alternating, medians compared.
/// </summary>
internal static class RpcBench
{
    private const int Rounds = 5;
    private const int Seconds = 4;
    private const int InFlight = 64;
    private const long StreamBytes = 1L << 30;

    public static async Task<int> RunAsync()
    {
        await using var farm = await RpcPair.StartAsync();
        await farm.UnaryAsync(TimeSpan.FromSeconds(3), InFlight);
        await farm.DownloadAsync(StreamBytes / 4);
        await farm.UploadAsync(StreamBytes / 4);

        var ours = new List<RpcFigures>();
        var peers = new List<RpcFigures>();
        for (var round = 0; round < Rounds; round++)
        {
            peers.Add(await PeerAsync());
            var unary = await farm.UnaryAsync(TimeSpan.FromSeconds(Seconds), InFlight);
            ours.Add(unary with { DownloadBytesPerSecond = await farm.DownloadAsync(StreamBytes), UploadBytesPerSecond = await farm.UploadAsync(StreamBytes) });
        }

        Report.Header($"RPC: {InFlight} unary calls of 100 bytes in flight, 1 GiB in 256 KiB messages; median of {Rounds} rounds", "figure", "BuildFarm", "libgrpc++", "ratio");
        Row("unary calls/s (more is better)", figures => figures.UnaryPerSecond, "0");
        Row("unary p50, µs (less is better)", figures => figures.P50Micros, "0");
        Row("unary p99, µs (less is better)", figures => figures.P99Micros, "0");
        Row("download, GB/s (more is better)", figures => figures.DownloadBytesPerSecond / 1e9, "0.00");
        Row("upload, GB/s (more is better)", figures => figures.UploadBytesPerSecond / 1e9, "0.00");
        return 0;

        void Row(string name, Func<RpcFigures, double> pick, string format)
        {
            var (mine, theirs) = (Report.Median(ours.Select(pick)), Report.Median(peers.Select(pick)));
            Report.Row(name, Report.Number(mine, format), Report.Number(theirs, format), Report.Ratio(mine, theirs));
        }
    }

    private static async Task<RpcFigures> PeerAsync()
    {
        var output = await ChildProcess.OutputOfAsync(
            "out/bench/peer",
            Seconds.ToString(CultureInfo.InvariantCulture),
            InFlight.ToString(CultureInfo.InvariantCulture),
            StreamBytes.ToString(CultureInfo.InvariantCulture));
        using var json = JsonDocument.Parse(output);
        double Field(string name) => json.RootElement.GetProperty(name).GetDouble();
        return new RpcFigures(Field("unary_per_second"), Field("p50_us"), Field("p99_us"), Field("download_bytes_per_second"), Field("upload_bytes_per_second"));
    }
}

/// <summary>What one round gives.</summary>
internal sealed record RpcFigures(double UnaryPerSecond, double P50Micros, double P99Micros, double DownloadBytesPerSecond, double UploadBytesPerSecond);
