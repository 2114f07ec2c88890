using System.Net;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Remote;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Grpc.Core;
using Xunit;
using Digest = BuildFarm.Digests.Digest;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Cache.Tests.Nodes;

/// <summary>The whole way of a REAPI client: front, network, nodes, disks.</summary>
public abstract class FrontConformance(bool withDisk) : BlobStoreConformance
{
    private NodesFront? _front;

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _front!.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override async ValueTask<IBlobStore> CreateStoreAsync()
    {
        _front = await NodesFront.StartAsync(nodes: 3, withDisk);
        return new RemoteBlobStore(_front.Server.Invoker);
    }
}

public sealed class NodesFrontConformance() : FrontConformance(withDisk: false);

public sealed class MemoryDiskNodesFrontConformance() : FrontConformance(withDisk: true);

public sealed class NodesFrontTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Upload_ThroughTheFront_LiesOnTwoOfThreeNodes()
    {
        await using var front = await NodesFront.StartAsync(nodes: 3);

        var digest = await new RemoteBlobStore(front.Server.Invoker).PutBytesAsync(TestContent.Of(100_000, seed: 1), Token);

        var holders = new List<bool>();
        foreach (var node in front.Nodes)
        {
            holders.Add(await node.Blobs.ContainsAsync(digest, Token));
        }

        Assert.Equal(2, holders.Count(holds => holds));
    }

    [Fact]
    public async Task Result_WithABlobOnOtherNodes_IsAHitAndAMissWhenTheBlobIsNowhere()
    {
        await using var front = await NodesFront.StartAsync(nodes: 3);
        var client = new RemoteBlobStore(front.Server.Invoker);
        for (var i = 0; i < 10; i++)
        {
            var file = await client.PutBytesAsync(TestContent.Of(1000, seed: 100 + i), Token);
            var action = Digest.OfBytes(BitConverter.GetBytes(i)).ToProto();
            var result = new ActionResult { OutputFiles = { new OutputFile { Path = "out", Digest = file.ToProto() } } };
            await front.Server.Results.UpdateActionResultAsync(new UpdateActionResultRequest { ActionDigest = action, ActionResult = result }, cancellationToken: Token);

            Assert.Equal(result, await front.Server.Results.GetActionResultAsync(new GetActionResultRequest { ActionDigest = action }, cancellationToken: Token));
        }

        var unknown = new ActionResult { OutputFiles = { new OutputFile { Path = "out", Digest = Digest.OfBytes("nowhere"u8).ToProto() } } };
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await front.Server.Results.UpdateActionResultAsync(
            new UpdateActionResultRequest { ActionDigest = Digest.OfBytes("action"u8).ToProto(), ActionResult = unknown }, cancellationToken: Token));
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
    }

    [Fact]
    public async Task Node_GivenACopyOfAResultThatItHas_KeepsItsOwn()
    {
        await using var front = await NodesFront.StartAsync(nodes: 2);
        var node = new CacheNode.CacheNodeClient(front.Nodes[0].Invoker);
        var header = new Metadata { { RemoteActionCache.KeyHeader, "0123456789abcdef0123456789abcdef" } };
        var key = new NodeKey { Key = new ResultKey { ActionDigest = Digest.OfBytes("action"u8).ToProto() } };

        Assert.False((await PutAsync("first", onlyIfAbsent: true)).HadOne);
        Assert.True((await PutAsync("copy", onlyIfAbsent: true)).HadOne);
        Assert.Equal("first", (await node.GetEntryAsync(new GetNodeEntryRequest { Key = key }, header, cancellationToken: Token)).Producer);
        Assert.False((await PutAsync("newer", onlyIfAbsent: false)).HadOne);
        Assert.Equal("newer", (await node.GetEntryAsync(new GetNodeEntryRequest { Key = key }, header, cancellationToken: Token)).Producer);

        async Task<PutEntryResponse> PutAsync(string producer, bool onlyIfAbsent) => await node.PutEntryAsync(
            new PutEntryRequest
            {
                Key = key,
                Entry = new ResultEntry { Result = new ActionResult(), Producer = producer, StoredAt = new Google.Protobuf.WellKnownTypes.Timestamp() },
                OnlyIfAbsent = onlyIfAbsent,
            },
            header,
            cancellationToken: Token);
    }

    [Fact]
    public async Task Http_BlobByItsHashAlone_IsFoundOnANode()
    {
        await using var front = await NodesFront.StartAsync(nodes: 3);
        var content = TestContent.Of(5000, seed: 2);
        var digest = await new RemoteBlobStore(front.Server.Invoker).PutBytesAsync(content, Token);

        Assert.Equal(content, await front.Server.Http.GetByteArrayAsync(new Uri($"cas/{digest.HashHex}", UriKind.Relative), Token));
        using var absent = await front.Server.Http.GetAsync(new Uri($"cas/{Digest.OfBytes("absent"u8).HashHex}", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
    }

    [Fact]
    public async Task Node_Gone_EverythingGoesOn()
    {
        await using var front = await NodesFront.StartAsync(nodes: 3);
        var client = new RemoteBlobStore(front.Server.Invoker);
        var before = new List<(Digest Digest, byte[] Content)>();
        for (var i = 0; i < 30; i++)
        {
            var content = TestContent.Of(20_000, seed: 200 + i);
            before.Add((await client.PutBytesAsync(content, Token), content));
        }

        await front.StopAsync(front.Nodes[1]);

        Assert.Empty(await client.FindMissingAsync([.. before.Select(blob => blob.Digest)], Token));
        foreach (var (digest, content) in before)
        {
            Assert.Equal(content, await client.ReadAllBytesAsync(digest, cancellationToken: Token));
        }

        var after = await client.PutBytesAsync(TestContent.Of(20_000, seed: 300), Token);
        Assert.True(await client.ContainsAsync(after, Token));
    }

    [Fact]
    public async Task AllNodesGone_IsUnavailable()
    {
        await using var front = await NodesFront.StartAsync(nodes: 2);
        await front.StopAsync(front.Nodes[1]);
        await front.StopAsync(front.Nodes[0]);

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await new RemoteBlobStore(front.Server.Invoker).ContainsAsync(Digest.OfBytes("any"u8), Token));

        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        Assert.Contains("cache node http://127.0.0.1", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Node_WithoutTheKey_GivesNothingOut()
    {
        await using var front = await NodesFront.StartAsync(nodes: 2);
        var node = new CacheNode.CacheNodeClient(front.Nodes[0].Invoker);

        foreach (var call in (Func<Task>[])[
            async () => await node.GetEntryAsync(new GetNodeEntryRequest(), cancellationToken: Token),
            async () => await node.PutEntryAsync(new PutEntryRequest(), cancellationToken: Token),
            async () => await node.FindBlobAsync(new FindBlobRequest(), cancellationToken: Token)])
        {
            Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(call)).StatusCode);
        }

        var key = new Metadata { { RemoteActionCache.KeyHeader, "0123456789abcdef0123456789abcdef" } };
        Assert.Equal(
            StatusCode.InvalidArgument,
            (await Assert.ThrowsAsync<RpcException>(async () => await node.PutEntryAsync(new PutEntryRequest(), key, cancellationToken: Token))).StatusCode);
        var noTime = new PutEntryRequest
        {
            Key = new NodeKey { Key = new ResultKey { ActionDigest = Digest.OfBytes("action"u8).ToProto() } },
            Entry = new ResultEntry { Result = new ActionResult(), StoredAt = new Google.Protobuf.WellKnownTypes.Timestamp { Seconds = long.MaxValue } },
        };
        Assert.Equal(
            StatusCode.InvalidArgument,
            (await Assert.ThrowsAsync<RpcException>(async () => await node.PutEntryAsync(noTime, key, cancellationToken: Token))).StatusCode);
        Assert.Equal(
            StatusCode.InvalidArgument,
            (await Assert.ThrowsAsync<RpcException>(async () => await node.FindBlobAsync(new FindBlobRequest { Hash = "xyz" }, key, cancellationToken: Token))).StatusCode);
    }
}
