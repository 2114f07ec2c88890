using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests.Trees;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Cache.Tests;

public sealed class ActionCacheTests
{
    private static readonly Digest Action = Digest.OfBytes("an action"u8);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_Unknown_IsNotFound()
    {
        await using var server = await CacheServer.StartAsync();

        await Refused.WithAsync(StatusCode.NotFound, () => GetAsync(server));
    }

    [Fact]
    public async Task Rule08_HitAndThenABlobGone_IsAMiss()
    {
        await using var server = await CacheServer.StartAsync();
        var output = await server.Blobs.PutBytesAsync(TestContent.Of(10_000, seed: 1), Token);
        await PutExecutedAsync(server, ResultOf(output));
        Assert.Equal(ResultOf(output), await GetAsync(server));

        foreach (var file in System.IO.Directory.GetFiles(Path.Combine(server.Directory, "blobs"), output.HashHex, SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        await Refused.WithAsync(StatusCode.NotFound, () => GetAsync(server));
    }

    [Fact]
    public async Task Get_BeforeAnyWorkerToldTheEnvironment_IsAMiss()
    {
        await using var server = await CacheServer.StartAsync(options =>
        {
            options.Environment = null;
            options.AllowClientUpdates = true;
        });
        await Refused.WithAsync(StatusCode.NotFound, () => GetAsync(server));
        await Refused.WithAsync(StatusCode.FailedPrecondition, () => UpdateAsync(server, new ActionResult()));

        Assert.True(server.Services.GetRequiredService<InstanceEnvironments>().Announce("", "debian-12"));
        await UpdateAsync(server, new ActionResult { ExecutionMetadata = new ExecutedActionMetadata { Worker = "a laptop" } });

        Assert.Equal("a laptop", (await GetAsync(server)).ExecutionMetadata.Worker);
        Assert.False(server.Services.GetRequiredService<InstanceEnvironments>().Announce("", "debian-13"));
    }

    [Fact]
    public async Task Update_NotAllowed_IsPermissionDenied()
    {
        await using var server = await CacheServer.StartAsync();

        await Refused.WithAsync(StatusCode.PermissionDenied, () => UpdateAsync(server, new ActionResult()));
    }

    [Fact]
    public async Task Update_OutputMissing_NamesItAsBazelExpects()
    {
        await using var server = await CacheServer.StartAsync(options => options.AllowClientUpdates = true);
        var missing = Digest.OfBytes("never uploaded"u8);

        var refusal = await Refused.WithAsync(StatusCode.FailedPrecondition, () => UpdateAsync(server, ResultOf(missing)));

        var detail = Assert.Single(refusal.GetStatusDetails(Google.Rpc.Status.Parser)!.Details);
        var violation = Assert.Single(detail.Unpack<PreconditionFailure>().Violations);
        Assert.Equal(("MISSING", $"blobs/{missing}"), (violation.Type, violation.Subject));
    }

    [Fact]
    public async Task Rule20_FailedResult_IsNotCached()
    {
        await using var server = await CacheServer.StartAsync(options => options.AllowClientUpdates = true);

        await Refused.WithAsync(StatusCode.InvalidArgument, () => UpdateAsync(server, new ActionResult { ExitCode = 1 }));
        await Refused.WithAsync(StatusCode.NotFound, () => GetAsync(server));
    }

    [Fact]
    public async Task Update_ByAClient_IsAssertedAndNeverReplacesAnExecutedOne()
    {
        await using var server = await CacheServer.StartAsync(options => options.AllowClientUpdates = true);
        var asserted = new ActionResult { ExecutionMetadata = new ExecutedActionMetadata { Worker = "client" } };
        var executed = new ActionResult { ExecutionMetadata = new ExecutedActionMetadata { Worker = "worker" } };
        var results = server.Services.GetRequiredService<IActionCache>();
        var key = new ActionKey("", "test-environment", Action);

        await UpdateAsync(server, asserted);
        Assert.Equal(EntryKind.Asserted, (await results.GetAsync(key, Token))!.Kind);
        await PutExecutedAsync(server, executed);
        await UpdateAsync(server, asserted);

        Assert.Equal(EntryKind.Executed, (await results.GetAsync(key, Token))!.Kind);
        Assert.Equal("worker", (await GetAsync(server)).ExecutionMetadata.Worker);
    }

    [Fact]
    public async Task Get_InlineAsked_CarriesContentThatFits()
    {
        await using var server = await CacheServer.StartAsync();
        var output = await server.Blobs.PutBytesAsync("an output"u8.ToArray(), Token);
        var large = await server.Blobs.PutBytesAsync(new byte[3 << 20], Token);
        var result = ResultOf(output);
        result.StdoutDigest = output.ToProto();
        result.StderrDigest = large.ToProto();
        await PutExecutedAsync(server, result);

        var got = await server.Results.GetActionResultAsync(new GetActionResultRequest
        {
            ActionDigest = Action.ToProto(), InlineStdout = true, InlineStderr = true, InlineOutputFiles = { "out" },
        });
        var plain = await GetAsync(server);

        Assert.Equal("an output", got.StdoutRaw.ToStringUtf8());
        Assert.Equal("an output", got.OutputFiles[0].Contents.ToStringUtf8());
        Assert.Equal(ByteString.Empty, got.StderrRaw);
        Assert.Equal(large.ToProto(), got.StderrDigest);
        Assert.Equal(ByteString.Empty, plain.StdoutRaw);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule16_Capabilities_SayWhatBazelNeeds(bool execution)
    {
        await using var server = await CacheServer.StartAsync(options => options.ExecutionEnabled = execution);

        var capabilities = await server.Capabilities.GetCapabilitiesAsync(new GetCapabilitiesRequest { InstanceName = "main" });

        DigestFunction.Types.Value[] functions =
        [
            DigestFunction.Types.Value.Sha256, DigestFunction.Types.Value.Sha1, DigestFunction.Types.Value.Md5, DigestFunction.Types.Value.Sha384,
            DigestFunction.Types.Value.Sha512, DigestFunction.Types.Value.Sha256Tree, DigestFunction.Types.Value.Blake3,
        ];
        Assert.Equal(functions, capabilities.CacheCapabilities.DigestFunctions);
        Assert.Equal(4 << 20, capabilities.CacheCapabilities.MaxBatchTotalSizeBytes);
        Assert.False(capabilities.CacheCapabilities.ActionCacheUpdateCapabilities.UpdateEnabled);
        Assert.Equal([Compressor.Types.Value.Zstd], capabilities.CacheCapabilities.SupportedCompressors);
        Assert.Equal((2, 0), (capabilities.LowApiVersion.Major, capabilities.LowApiVersion.Minor));
        Assert.True(capabilities.HighApiVersion.Minor >= 1);
        Assert.True(capabilities.DeprecatedApiVersion.Minor <= 2);
        Assert.Equal(execution, capabilities.ExecutionCapabilities?.ExecEnabled ?? false);
    }

    private static ActionResult ResultOf(Digest output) =>
        new() { OutputFiles = { new OutputFile { Path = "out", Digest = output.ToProto() } } };

    private static async Task PutExecutedAsync(CacheServer server, ActionResult result) =>
        await server.Services.GetRequiredService<IActionCache>().PutAsync(
            new ActionKey("", "test-environment", Action), new ActionEntry(result, EntryKind.Executed, "worker", DateTimeOffset.UnixEpoch), Token);

    private static async Task<ActionResult> GetAsync(CacheServer server) =>
        await server.Results.GetActionResultAsync(new GetActionResultRequest { ActionDigest = Action.ToProto() });

    private static async Task<ActionResult> UpdateAsync(CacheServer server, ActionResult result) =>
        await server.Results.UpdateActionResultAsync(new UpdateActionResultRequest { ActionDigest = Action.ToProto(), ActionResult = result });
}
