using System.Net;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.Digests.Trees;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Cache.Tests.Http;

public sealed class HttpResultTests
{
    private static readonly Digest Action = Digest.OfBytes("an action"u8);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Put_ThenGet_GivesTheResultOverBothProtocols()
    {
        await using var server = await CacheServer.StartAsync(Writable);
        var result = await ResultAsync(server);

        await server.PutAsync($"/ac/{Action.HashHex}", result.ToByteArray()).IsAsync(HttpStatusCode.NoContent);

        Assert.Equal(result, ActionResult.Parser.ParseFrom(await server.GetBytesAsync($"/ac/{Action.HashHex}")));
        Assert.Equal(result, await server.Results.GetActionResultAsync(new GetActionResultRequest { ActionDigest = Action.ToProto() }, cancellationToken: Token));
        await server.Http.GetAsync($"/other/ac/{Action.HashHex}", Token).IsAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Update_OverGrpc_IsFoundByItsHashAlone()
    {
        await using var server = await CacheServer.StartAsync(Writable);
        var result = await ResultAsync(server);

        await server.Results.UpdateActionResultAsync(
            new UpdateActionResultRequest { InstanceName = "ci", ActionDigest = Action.ToProto(), ActionResult = result }, cancellationToken: Token);

        Assert.Equal(result, ActionResult.Parser.ParseFrom(await server.GetBytesAsync($"/ci/ac/{Action.HashHex}")));
        var other = new Digest(Action.Function, Convert.FromHexString(Action.HashHex), Action.SizeBytes + 1);
        await Refused.WithAsync(StatusCode.NotFound, async () =>
            await server.Results.GetActionResultAsync(new GetActionResultRequest { InstanceName = "ci", ActionDigest = other.ToProto() }, cancellationToken: Token));
    }

    [Fact]
    public async Task Get_OutputGone_IsAMiss()
    {
        await using var server = await CacheServer.StartAsync(options =>
        {
            Writable(options);
            options.PackBlobsUpTo = 0;
        });
        var result = await ResultAsync(server);
        await server.PutAsync($"/ac/{Action.HashHex}", result.ToByteArray()).IsAsync(HttpStatusCode.NoContent);

        foreach (var file in System.IO.Directory.GetFiles(Path.Combine(server.Directory, "blobs"), result.OutputFiles[0].Digest.Hash, SearchOption.AllDirectories))
        {
            System.IO.File.Delete(file);
        }

        await server.Http.GetAsync($"/ac/{Action.HashHex}", Token).IsAsync(HttpStatusCode.NotFound, "There is no result");
    }

    [Fact]
    public async Task Put_OfWhatCannotBeStored_SaysWhy()
    {
        await using var server = await CacheServer.StartAsync(Writable);
        var path = $"/ac/{Action.HashHex}";
        var incomplete = new ActionResult { OutputFiles = { new OutputFile { Path = "o", Digest = Digest.OfBytes("absent"u8).ToProto() } } };

        await server.PutAsync(path, incomplete.ToByteArray()).IsAsync(HttpStatusCode.Conflict, "missing");
        await server.PutAsync(path, new ActionResult { ExitCode = 1 }.ToByteArray()).IsAsync(HttpStatusCode.BadRequest, "exit code is 1");
        await server.PutAsync(path, [0xff, 0xff]).IsAsync(HttpStatusCode.BadRequest, "/kv/");

        await server.Http.GetAsync(path, Token).IsAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Put_WhereClientsMayNot_IsForbidden()
    {
        await using var server = await CacheServer.StartAsync();

        await server.PutAsync($"/ac/{Action.HashHex}", new ActionResult().ToByteArray()).IsAsync(HttpStatusCode.Forbidden, "its operator can allow it");
    }

    [Fact]
    public async Task Put_OverAnExecutedResult_KeepsThat()
    {
        await using var server = await CacheServer.StartAsync(Writable);
        var executed = await ResultAsync(server);
        await server.Services.GetRequiredService<IActionCache>().PutAsync(
            new ActionKey("", "test-environment", Action), new ActionEntry(executed, EntryKind.Executed, "worker", DateTimeOffset.UnixEpoch), Token);

        await server.PutAsync($"/ac/{Action.HashHex}", new ActionResult().ToByteArray()).IsAsync(HttpStatusCode.NoContent);

        Assert.Equal(executed, ActionResult.Parser.ParseFrom(await server.GetBytesAsync($"/ac/{Action.HashHex}")));
    }

    [Fact]
    public async Task Delete_OfAnAssertedResult_IsAMissForEverybodyUntilTheNext()
    {
        await using var server = await CacheServer.StartAsync(Writable);
        var result = await ResultAsync(server);
        var path = $"/ac/{Action.HashHex}";
        await server.Http.DeleteAsync(path, Token).IsAsync(HttpStatusCode.NoContent);
        await server.Results.UpdateActionResultAsync(new UpdateActionResultRequest { ActionDigest = Action.ToProto(), ActionResult = result }, cancellationToken: Token);

        await server.Http.DeleteAsync(path, Token).IsAsync(HttpStatusCode.NoContent);
        await server.Http.DeleteAsync(path, Token).IsAsync(HttpStatusCode.NoContent);

        await server.Http.GetAsync(path, Token).IsAsync(HttpStatusCode.NotFound, "There is no result");
        await Refused.WithAsync(StatusCode.NotFound, async () =>
            await server.Results.GetActionResultAsync(new GetActionResultRequest { ActionDigest = Action.ToProto() }, cancellationToken: Token));
        await server.PutAsync(path, result.ToByteArray()).IsAsync(HttpStatusCode.NoContent);
        Assert.Equal(result, ActionResult.Parser.ParseFrom(await server.GetBytesAsync(path)));
    }

    [Fact]
    public async Task Delete_OfAnExecutedResult_IsForbiddenAndItStays()
    {
        await using var server = await CacheServer.StartAsync(Writable);
        var executed = await ResultAsync(server);
        await server.Services.GetRequiredService<IActionCache>().PutAsync(
            new ActionKey("", "test-environment", Action), new ActionEntry(executed, EntryKind.Executed, "worker", DateTimeOffset.UnixEpoch), Token);

        await server.Http.DeleteAsync($"/ac/{Action.HashHex}", Token).IsAsync(HttpStatusCode.Forbidden, "skip_cache_lookup");

        Assert.Equal(executed, ActionResult.Parser.ParseFrom(await server.GetBytesAsync($"/ac/{Action.HashHex}")));
    }

    [Fact]
    public async Task Delete_WhereClientsMayNotWrite_IsForbidden()
    {
        await using var server = await CacheServer.StartAsync();

        await server.Http.DeleteAsync($"/ac/{Action.HashHex}", Token).IsAsync(HttpStatusCode.Forbidden, "its operator can allow it");
    }

    private static void Writable(CacheOptions options) => options.AllowClientUpdates = true;

    private static async Task<ActionResult> ResultAsync(CacheServer server)
    {
        var output = await server.Blobs.PutBytesAsync("an output"u8.ToArray(), Token);
        return new ActionResult { OutputFiles = { new OutputFile { Path = "out", Digest = output.ToProto() } } };
    }
}
