using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Google.Bytestream;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Cache.Tests;

public sealed class ByteStreamTests : IAsyncLifetime
{
    private CacheServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await CacheServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(100_000, 16 * 1024)]
    [InlineData(5_000_000, 2_000_000)]
    public async Task Write_InMessagesOfAnySize_IsReadBack(int size, int messageSize)
    {
        var content = TestContent.Of(size, seed: size);
        var digest = Digest.OfBytes(content);

        var response = await WriteAsync($"main/uploads/u1/blobs/{digest}", content, messageSize);

        Assert.Equal(size, response.CommittedSize);
        Assert.Equal(content, await ReadAsync(new ReadRequest { ResourceName = $"blobs/{digest}" }));
    }

    [Theory]
    [InlineData(0, 0, 1000)]
    [InlineData(0, 10, 10)]
    [InlineData(990, 0, 10)]
    [InlineData(990, 100, 10)]
    [InlineData(1000, 0, 0)]
    [InlineData(500, 1, 1)]
    public async Task Read_OffsetAndLimit_GivesThatPart(int offset, int limit, int expected)
    {
        var content = TestContent.Of(1000, seed: 1);
        var digest = await _server.Blobs.PutBytesAsync(content, Token);

        var read = await ReadAsync(new ReadRequest { ResourceName = $"blobs/{digest}", ReadOffset = offset, ReadLimit = limit });

        Assert.Equal(content[offset..(offset + expected)], read);
    }

    [Theory]
    [InlineData(1001, 0, StatusCode.OutOfRange)]
    [InlineData(-1, 0, StatusCode.OutOfRange)]
    [InlineData(0, -1, StatusCode.InvalidArgument)]
    public async Task Read_OffsetOrLimitThatCannotBe_IsRefused(long offset, long limit, StatusCode code)
    {
        var digest = await _server.Blobs.PutBytesAsync(TestContent.Of(1000, seed: 2), Token);

        await Refused.WithAsync(code, () => ReadAsync(new ReadRequest { ResourceName = $"blobs/{digest}", ReadOffset = offset, ReadLimit = limit }));
    }

    [Fact]
    public async Task Read_UnknownBlob_IsNotFound()
    {
        await Refused.WithAsync(StatusCode.NotFound, () => ReadAsync(new ReadRequest { ResourceName = $"blobs/{Digest.OfBytes("unknown"u8)}" }));
    }

    [Fact]
    public async Task Rule09_EmptyBlob_IsReadAndWrittenWithoutUpload()
    {
        Assert.Empty(await ReadAsync(new ReadRequest { ResourceName = $"blobs/{Digest.Empty}" }));
        Assert.Equal(0, (await WriteAsync($"uploads/u/blobs/{Digest.Empty}", [], 1)).CommittedSize);
    }

    [Fact]
    public async Task Rule10_ContentThatDoesNotMatch_IsInvalidAndStoresNothing()
    {
        var digest = Digest.OfBytes(TestContent.Of(1000, seed: 3));

        await Refused.WithAsync(StatusCode.InvalidArgument, () => WriteAsync($"uploads/u1/blobs/{digest}", TestContent.Of(1000, seed: 4), 1000));
        await Refused.WithAsync(StatusCode.InvalidArgument, () => WriteAsync($"uploads/u2/blobs/{digest}", TestContent.Of(999, seed: 3), 1000));
        await Refused.WithAsync(StatusCode.InvalidArgument, () => WriteAsync($"uploads/u3/blobs/{digest}", TestContent.Of(2000, seed: 3), 2000));

        Assert.False(await _server.Blobs.ContainsAsync(digest, Token));
        var status = await _server.Streams.QueryWriteStatusAsync(new QueryWriteStatusRequest { ResourceName = $"uploads/u1/blobs/{digest}" });
        Assert.Equal(0, status.CommittedSize);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("blobs/abc/3")]
    [InlineData("")]
    public async Task Rule11_MalformedName_IsInvalid(string name)
    {
        await Refused.WithAsync(StatusCode.InvalidArgument, () => ReadAsync(new ReadRequest { ResourceName = name }));
        await Refused.WithAsync(StatusCode.InvalidArgument, () => WriteAsync(name, [1], 1));
        await Refused.WithAsync(StatusCode.InvalidArgument, async () => await _server.Streams.QueryWriteStatusAsync(new QueryWriteStatusRequest { ResourceName = name }));
    }

    [Fact]
    public async Task Rule12_BlobAlreadyPresent_IsAnsweredAtOnce()
    {
        var content = TestContent.Of(10_000_000, seed: 5);
        var digest = await _server.Blobs.PutBytesAsync(content, Token);
        using var call = _server.Streams.Write();
        await call.RequestStream.WriteAsync(new WriteRequest { ResourceName = $"uploads/u1/blobs/{digest}", Data = ByteString.CopyFrom(content, 0, 1000) }, Token);

        // The client has neither sent the rest nor closed its side.
        var response = await call.ResponseAsync.WaitAsync(TimeSpan.FromSeconds(60), Token);

        Assert.Equal(content.Length, response.CommittedSize);
    }

    [Fact]
    public async Task Rule13_QueryWriteStatus_KnowsCompleteUnknownAndPartial()
    {
        var content = TestContent.Of(10_000, seed: 6);
        var digest = Digest.OfBytes(content);
        var name = $"uploads/u1/blobs/{digest}";

        Assert.Equal(new QueryWriteStatusResponse(), await QueryAsync(name));
        await BreakAfterAsync(name, content, 4000);
        Assert.Equal(new QueryWriteStatusResponse { CommittedSize = 4000 }, await QueryAsync(name));
        await WriteAsync(name, content, 1000, from: 4000);

        Assert.Equal(new QueryWriteStatusResponse { CommittedSize = 10_000, Complete = true }, await QueryAsync(name));
        Assert.Equal(content, await ReadAsync(new ReadRequest { ResourceName = $"blobs/{digest}" }));
    }

    [Fact]
    public async Task Rule13_InterruptedUpload_ResumesFromTheStartToo()
    {
        var content = TestContent.Of(10_000, seed: 7);
        var name = $"uploads/u1/blobs/{Digest.OfBytes(content)}";
        await BreakAfterAsync(name, content, 4000);

        Assert.Equal(10_000, (await WriteAsync(name, content, 3000)).CommittedSize);
    }

    [Fact]
    public async Task Rule13_WriteBeyondWhatWasTaken_IsInvalid()
    {
        var content = TestContent.Of(10_000, seed: 8);
        var name = $"uploads/u1/blobs/{Digest.OfBytes(content)}";

        await Refused.WithAsync(StatusCode.InvalidArgument, () => WriteAsync(name, content, 1000, from: 4000));
    }

    [Fact]
    public async Task Rule13_SecondCallOfAnUpload_TakesItOver()
    {
        var content = TestContent.Of(10_000, seed: 9);
        var name = $"uploads/u1/blobs/{Digest.OfBytes(content)}";
        using var stuck = _server.Streams.Write();
        await stuck.RequestStream.WriteAsync(new WriteRequest { ResourceName = name, Data = ByteString.CopyFrom(content, 0, 4000) }, Token);
        await UntilCommittedAsync(name, 4000);

        Assert.Equal(10_000, (await WriteAsync(name, content, 3000, from: 4000)).CommittedSize);
    }

    [Fact]
    public async Task Rule14_CompressorThatIsNotListed_IsUnimplementedAndSaysWhy()
    {
        var digest = Digest.OfBytes("x"u8);

        var refusal = await Refused.WithAsync(StatusCode.Unimplemented, () => ReadAsync(new ReadRequest { ResourceName = $"compressed-blobs/brotli/{digest}" }));

        Assert.Contains("capabilities", refusal.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_ManyClientsOfOneBlob_AllSucceed()
    {
        var content = TestContent.Of(1_000_000, seed: 10);
        var digest = Digest.OfBytes(content);

        var responses = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => WriteAsync($"uploads/u{i}/blobs/{digest}", content, 64 * 1024)));

        Assert.All(responses, response => Assert.Equal(content.Length, response.CommittedSize));
    }

    private async Task<QueryWriteStatusResponse> QueryAsync(string name) =>
        await _server.Streams.QueryWriteStatusAsync(new QueryWriteStatusRequest { ResourceName = name });

    private async Task<byte[]> ReadAsync(ReadRequest request)
    {
        using var call = _server.Streams.Read(request);
        using var content = new MemoryStream();
        while (await call.ResponseStream.MoveNext(Token))
        {
            call.ResponseStream.Current.Data.WriteTo(content);
        }

        return content.ToArray();
    }

    private async Task<WriteResponse> WriteAsync(string name, byte[] content, int messageSize, int from = 0)
    {
        using var call = _server.Streams.Write();
        try
        {
            var offset = from;
            do
            {
                var count = Math.Min(messageSize, content.Length - offset);
                await call.RequestStream.WriteAsync(new WriteRequest
                {
                    ResourceName = offset == from ? name : "",
                    WriteOffset = offset,
                    Data = ByteString.CopyFrom(content, offset, count),
                    FinishWrite = offset + count == content.Length,
                });
                offset += count;
            }
            while (offset < content.Length);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // The server has answered before everything was sent.
        }

        return await call.ResponseAsync;
    }

    private async Task BreakAfterAsync(string name, byte[] content, int count)
    {
        using (var call = _server.Streams.Write())
        {
            await call.RequestStream.WriteAsync(new WriteRequest { ResourceName = name, Data = ByteString.CopyFrom(content, 0, count) }, Token);
            await UntilCommittedAsync(name, count);
        }
    }

    // A write returns when the transport has it; the server says itself when it has.
    private Task UntilCommittedAsync(string name, long bytes) =>
        Eventually.IsTrueAsync(async _ => (await QueryAsync(name)).CommittedSize >= bytes, Token);
}
