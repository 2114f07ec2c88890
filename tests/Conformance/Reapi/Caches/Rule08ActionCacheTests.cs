using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Google.Protobuf;
using Grpc.Core;
using Xunit;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Conformance.Reapi.Caches;

public sealed class Rule08ActionCacheTests(ServerUnderTest server) : RuleTests(server)
{
    [Fact]
    public async Task GetActionResult_UnknownAction_IsNotFound()
    {
        var action = DigestOf(Fresh(100));

        await RefusedAsync(() => GetAsync(action), StatusCode.NotFound);
    }

    [Fact]
    public async Task GetActionResult_AllBlobsPresent_IsAHit()
    {
        var file = await StoreAsync(Fresh(100));
        var tree = await StoreTreeAsync(await StoreAsync(Fresh(100)));
        var action = await UpdateAsync(new ActionResult
        {
            OutputFiles = { new OutputFile { Path = "a", Digest = file } },
            OutputDirectories = { new OutputDirectory { Path = "d", TreeDigest = tree } },
        });

        var result = await GetAsync(action);

        Assert.Equal(file, result.OutputFiles.Single().Digest);
        Assert.Equal(tree, result.OutputDirectories.Single().TreeDigest);
    }

    [Fact]
    public async Task GetActionResult_OutputFileAbsent_IsNoHit() =>
        await NeverAHitAsync(new ActionResult { OutputFiles = { new OutputFile { Path = "a", Digest = DigestOf(Fresh(100)) } } });

    [Fact]
    public async Task GetActionResult_FileOfATreeAbsent_IsNoHit() =>
        await NeverAHitAsync(new ActionResult { OutputDirectories = { new OutputDirectory { Path = "d", TreeDigest = await StoreTreeAsync(DigestOf(Fresh(100))) } } });

    [Fact]
    public async Task GetActionResult_StandardOutputAbsent_IsNoHit() =>
        await NeverAHitAsync(new ActionResult { StdoutDigest = DigestOf(Fresh(100)) });

    [Fact]
    public async Task GetActionResult_InlineAsked_CarriesTheContentOrTheDigest()
    {
        var content = Fresh(100);
        var digest = await StoreAsync(content);
        var action = await UpdateAsync(new ActionResult { OutputFiles = { new OutputFile { Path = "a", Digest = digest } }, StdoutDigest = digest });

        var result = await Results.GetActionResultAsync(
            new GetActionResultRequest { InstanceName = Instance, ActionDigest = action, DigestFunction = Server.Function, InlineStdout = true, InlineOutputFiles = { "a" } },
            deadline: Deadline());

        Assert.Equal(digest, result.OutputFiles.Single().Digest);
        Assert.True(result.OutputFiles.Single().Contents.IsEmpty || result.OutputFiles.Single().Contents.Span.SequenceEqual(content));
        Assert.True(result.StdoutRaw.IsEmpty ? result.StdoutDigest.Equals(digest) : result.StdoutRaw.Span.SequenceEqual(content));
    }

    /// <summary>Whether the server refuses such a result or keeps it: nobody may be told of it.</summary>
    private async Task NeverAHitAsync(ActionResult result)
    {
        var action = await StoreAsync(Fresh(100));
        try
        {
            await UpdateAsync(result, action);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.FailedPrecondition or StatusCode.NotFound or StatusCode.InvalidArgument)
        {
            // Refused.
        }

        await RefusedAsync(() => GetAsync(action), StatusCode.NotFound);
    }

    private async Task<ActionResult> GetAsync(Digest action) => await Results.GetActionResultAsync(
        new GetActionResultRequest { InstanceName = Instance, ActionDigest = action, DigestFunction = Server.Function }, deadline: Deadline());

    private async Task<Digest> UpdateAsync(ActionResult result, Digest? action = null)
    {
        if (Server.Capabilities.CacheCapabilities.ActionCacheUpdateCapabilities?.UpdateEnabled != true)
        {
            Assert.Skip("this server takes no results from clients");
        }

        action ??= await StoreAsync(Fresh(100));
        await Results.UpdateActionResultAsync(
            new UpdateActionResultRequest { InstanceName = Instance, ActionDigest = action, ActionResult = result, DigestFunction = Server.Function },
            deadline: Deadline());
        return action;
    }

    private Task<Digest> StoreTreeAsync(Digest file) =>
        StoreAsync(new Tree { Root = new Directory { Files = { new FileNode { Name = "f", Digest = file } } } });
}
