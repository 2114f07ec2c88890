using System.CommandLine;
using BuildFarm.Cli.Connection;
using BuildFarm.Cli.JobFiles;
using BuildFarm.Cli.Output;
using BuildFarm.Hosting;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm cache stats|verify|gc</c>: the blobs on the disk of the farm's cache.</summary>
internal static class CacheCommand
{
    private static readonly Option<string?> To = new("--to") { Description = "Evict the least recently used until the blobs take at most so much, such as 10G; what was used lately stays. Default: only what gaps take is given back.", HelpName = "SIZE" };
    private static readonly Option<bool> Json = CommonOptions.Json();

    public static Command Create(CommandContext context)
    {
        var stats = new Command("stats", "Show what the cache holds and has done.") { Json };
        stats.SetAction((parsed, token) => RunAsync(context, parsed, "asking the cache", (farm, _) => StatsAsync(context, parsed, farm, token), token));
        var verify = new Command("verify", "Compare every blob with its digest now; what does not match is dropped, and the exit status is 6.") { Json };
        verify.SetAction((parsed, token) => RunAsync(context, parsed, "verifying the cache", (farm, _) => VerifyAsync(context, parsed, farm, token), token));
        var gc = new Command("gc", "Give space back, and drop results whose blobs are gone.") { To, Json };
        gc.SetAction((parsed, token) => RunAsync(context, parsed, "collecting garbage", (farm, bytes) => CollectAsync(context, parsed, farm, bytes, token), token));
        return new Command("cache", "Look after the cache's blobs.") { stats, verify, gc };
    }

    private static async Task<int> RunAsync(
        CommandContext context, ParseResult parsed, string doing, Func<FarmConnection, long?, Task<int>> action, CancellationToken cancellationToken)
    {
        long? bytes = null;
        if (parsed.CommandResult.GetResult(To) is not null && parsed.GetValue(To) is { } text)
        {
            bytes = text == "0" ? 0 : Quantity.Bytes(text)
                ?? throw new FarmException($"--to {TaskText.Clean(text)} is no size; write one such as 10G or 500M.", ExitCode.Usage);
        }

        await using var farm = context.Finder(parsed).FindRunning();
        await farm.ReachAsync(cancellationToken);
        try
        {
            return await action(farm, bytes);
        }
        catch (RpcException error)
        {
            throw error.ToFarmException(farm.Address, doing);
        }
    }

    private static async Task<int> StatsAsync(CommandContext context, ParseResult parsed, FarmConnection farm, CancellationToken cancellationToken)
    {
        var stats = await farm.Cache.GetCacheStatsAsync(new GetCacheStatsRequest(), cancellationToken: cancellationToken);
        if (parsed.GetValue(Json))
        {
            new JsonLines(context.Terminal.Out).Write("buildfarm.cache-stats/1", json =>
            {
                json.WriteNumber("used_bytes", stats.UsedBytes);
                json.WriteNumber("max_bytes", stats.MaxBytes);
                json.WriteNumber("files", stats.Files);
                json.WriteNumber("file_bytes", stats.FileBytes);
                json.WriteNumber("packed_blobs", stats.PackedBlobs);
                json.WriteNumber("pack_bytes", stats.PackBytes);
                json.WriteNumber("evicted_files", stats.EvictedFiles);
                json.WriteNumber("evicted_packed_blobs", stats.EvictedPackedBlobs);
                json.WriteNumber("corrupt_blobs", stats.CorruptBlobs);
                json.WriteNumber("action_hits", stats.ActionHits);
                json.WriteNumber("action_misses", stats.ActionMisses);
                json.WriteNumber("verified_blobs", stats.VerifiedBlobs);
                json.WriteNumber("verified_bytes", stats.VerifiedBytes);
                JsonFields.Time(json, "round_began_at", stats.RoundBeganAt);
                JsonFields.Time(json, "round_ended_at", stats.RoundEndedAt);
            });
            return ExitCode.Ok;
        }

        var output = context.Terminal.OutText;
        await output.WriteLineAsync($"blobs      {Durations.Bytes(stats.UsedBytes)} of {Durations.Bytes(stats.MaxBytes)}");
        await output.WriteLineAsync($"  files    {stats.Files}, {Durations.Bytes(stats.FileBytes)}");
        await output.WriteLineAsync($"  packed   {stats.PackedBlobs}, {Durations.Bytes(stats.PackBytes)}");
        await output.WriteLineAsync($"evicted    {stats.EvictedFiles + stats.EvictedPackedBlobs} since the start");
        await output.WriteLineAsync($"results    {stats.ActionHits} hits, {stats.ActionMisses} misses of clients");
        await output.WriteLineAsync($"verified   {stats.VerifiedBlobs} blobs, {Durations.Bytes(stats.VerifiedBytes)}; {stats.CorruptBlobs} corrupt and dropped");
        if (stats.RoundBeganAt is { } began)
        {
            await output.WriteLineAsync($"           this round began {JobText.Ago(began, context.Time)}{(stats.RoundEndedAt is { } ended ? $", the last ended {JobText.Ago(ended, context.Time)}" : "")}");
        }

        return ExitCode.Ok;
    }

    private static async Task<int> VerifyAsync(CommandContext context, ParseResult parsed, FarmConnection farm, CancellationToken cancellationToken)
    {
        using var call = farm.Cache.VerifyCache(new VerifyCacheRequest(), cancellationToken: cancellationToken);
        var last = new VerifyProgress();
        var shown = 0;
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            last = call.ResponseStream.Current;
            var tenth = last.Parts == 0 ? 10 : last.PartsDone * 10 / last.Parts;
            if (!parsed.GetValue(Json) && !last.Done && tenth > shown)
            {
                shown = tenth;
                await context.Terminal.Error.WriteLineAsync($"{tenth * 10} %: {last.Blobs} blobs, {Durations.Bytes(last.Bytes)}, {last.Corrupt} corrupt");
            }
        }

        if (parsed.GetValue(Json))
        {
            new JsonLines(context.Terminal.Out).Write("buildfarm.cache-verify/1", json =>
            {
                json.WriteNumber("blobs", last.Blobs);
                json.WriteNumber("bytes", last.Bytes);
                json.WriteNumber("corrupt", last.Corrupt);
            });
        }
        else
        {
            await context.Terminal.OutText.WriteLineAsync($"verified {last.Blobs} blobs, {Durations.Bytes(last.Bytes)}: {(last.Corrupt == 0 ? "all match" : $"{last.Corrupt} did not match and were dropped; check the disk")}");
        }

        return last.Corrupt == 0 ? ExitCode.Ok : ExitCode.Infrastructure;
    }

    private static async Task<int> CollectAsync(CommandContext context, ParseResult parsed, FarmConnection farm, long? bytes, CancellationToken cancellationToken)
    {
        var answer = await farm.Cache.CollectGarbageAsync(new CollectGarbageRequest { ToBytes = bytes ?? 0, Evict = bytes is not null }, cancellationToken: cancellationToken);
        if (parsed.GetValue(Json))
        {
            new JsonLines(context.Terminal.Out).Write("buildfarm.cache-gc/1", json =>
            {
                json.WriteNumber("used_bytes_before", answer.UsedBytesBefore);
                json.WriteNumber("used_bytes", answer.UsedBytes);
                json.WriteNumber("evicted", answer.Evicted);
                json.WriteNumber("dropped_results", answer.DroppedResults);
                json.WriteNumber("unknown_results", answer.UnknownResults);
            });
            return ExitCode.Ok;
        }

        var held = bytes is { } wanted && answer.UsedBytes > wanted ? "; the rest was used lately and stays" : "";
        await context.Terminal.OutText.WriteLineAsync(
            $"{Durations.Bytes(answer.UsedBytes)} in use, {Durations.Bytes(Math.Max(0, answer.UsedBytesBefore - answer.UsedBytes))} given back, {answer.Evicted} blobs evicted{held}; {answer.DroppedResults} results without their blobs dropped"
            + (answer.UnknownResults > 0 ? $", {answer.UnknownResults} whose blobs are elsewhere or cannot be asked for kept" : ""));
        return ExitCode.Ok;
    }
}
