using System.Buffers;
using BuildFarm.Rpc.Server.Hosting;
using BuildFarm.Rpc.Tests.Server.Support;
using BuildFarm.TestKit.Rpc;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

public sealed class TransportBlockPoolTests
{
    [Fact]
    public void Rent_AfterReturn_GivesTheSameBlockOnce()
    {
        using var pool = new TransportBlockPool();
        var block = pool.Rent(4096);
        Assert.Equal(TransportBlockPool.BlockSize, block.Memory.Length);
        block.Dispose();
        block.Dispose();
        Assert.Equal(1, pool.FreeCount);
        Assert.Same(block, pool.Rent());
        Assert.NotSame(block, pool.Rent());
        Assert.Equal(0, pool.FreeCount);
    }

    [Fact]
    public void Return_MoreThanIsKept_IsDropped()
    {
        using var pool = new TransportBlockPool();
        var blocks = Enumerable.Range(0, TransportBlockPool.MaxFree + 10).Select(_ => pool.Rent()).ToList();
        blocks.ForEach(block => block.Dispose());
        Assert.Equal(TransportBlockPool.MaxFree, pool.FreeCount);
    }

    [Fact]
    public void Rent_MoreThanABlock_IsRefused()
    {
        using var pool = new TransportBlockPool();
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(TransportBlockPool.BlockSize + 1));
    }

    [Fact]
    public void Dispose_BlockStillRented_ReturnsQuietly()
    {
        var pool = new TransportBlockPool();
        var block = pool.Rent();
        pool.Dispose();
        block.Dispose();
        Assert.Equal(0, pool.FreeCount);
        Assert.Throws<ObjectDisposedException>(() => pool.Rent());
    }

    [Fact]
    public async Task AddGrpc_KestrelsConnections_UseThePool()
    {
        MemoryPool<byte>? used = null;
        await using var server = await RpcTestServer.StartAsync(app => app.MapPost("/", context =>
        {
            used = context.Features.Get<IMemoryPoolFeature>()!.MemoryPool;
            return Task.CompletedTask;
        }));

        await new RawCall().SendAsync(server, "/");

        Assert.IsType<TransportBlockPool>(used);
    }
}
