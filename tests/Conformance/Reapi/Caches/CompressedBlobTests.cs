using System.Text;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Google.Bytestream;
using Google.Protobuf;
using Grpc.Core;
using Xunit;
using Digest = Build.Bazel.Remote.Execution.V2.Digest;

namespace BuildFarm.Conformance.Reapi.Caches;

/// <summary>Blobs as zstd, of a server that lists it: parts of rules 11 to 16.</summary>
public sealed class CompressedBlobTests(ServerUnderTest server) : RuleTests(server)
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(5_000_000)]
    public async Task Rule11_WrittenCompressed_IsReadBothWays(int size)
    {
        SkipWithoutZstd();
        var content = Text(size);
        var digest = DigestOf(content);
        var frame = await ZstdProgram.CompressAsync(content);

        var committed = (await WriteAsync(CompressedUpload(digest), frame)).CommittedSize;

        Assert.Contains(committed, new[] { frame.Length, -1L });
        Assert.Equal(content, await ReadAsync(BlobName(digest)));
        Assert.Equal(content, await ZstdProgram.DecompressAsync(await ReadAsync(Compressed(digest))));
    }

    [Fact]
    public async Task Rule11_SeveralFramesAndAWindowOfOneMebibyte_AreTaken()
    {
        SkipWithoutZstd();
        var content = Text(3_000_000);
        var frames = (await ZstdProgram.CompressAsync(content[..2_000_000], "-19", "--long=20")).Concat(await ZstdProgram.CompressAsync(content[2_000_000..], "-1")).ToArray();
        var digest = DigestOf(content);

        await WriteAsync(CompressedUpload(digest), frames, piece: 1000);

        Assert.Equal(content, await ReadAsync(BlobName(digest)));
    }

    [Fact]
    public async Task Rule10_WhatDoesNotMatch_IsRefusedAndNotStored()
    {
        SkipWithoutZstd();
        var content = Text(100_000);
        var digest = DigestOf(content);
        var frame = await ZstdProgram.CompressAsync(content);
        var other = await ZstdProgram.CompressAsync(Text(100_000));

        await RefusedAsync(() => WriteAsync(CompressedUpload(digest), other), StatusCode.InvalidArgument);
        await RefusedAsync(() => WriteAsync(CompressedUpload(digest), content), StatusCode.InvalidArgument);
        await RefusedAsync(() => WriteAsync(CompressedUpload(digest), frame[..^10]), StatusCode.InvalidArgument);
        await RefusedAsync(() => WriteAsync(CompressedUpload(digest), [.. frame, 1, 2, 3, 4, 5]), StatusCode.InvalidArgument);

        Assert.Equal([digest], await FindMissingAsync(digest));
    }

    /// <summary>A small frame of very many zeros must not cost what it unpacks to.</summary>
    [Fact]
    public async Task Rule10_FrameOfMoreThanTheBlob_IsRefused()
    {
        SkipWithoutZstd();
        var frame = await ZstdProgram.CompressAsync(new byte[64 << 20]);
        var digest = DigestOf(Fresh(100));

        await RefusedAsync(() => WriteAsync(CompressedUpload(digest), frame), StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task Rule12_BlobIsThere_IsMinusOne()
    {
        SkipWithoutZstd();
        var content = Text(100_000);
        var digest = await StoreAsync(content);

        Assert.Equal(-1, (await WriteAsync(CompressedUpload(digest), await ZstdProgram.CompressAsync(content))).CommittedSize);
    }

    [Fact]
    public async Task Rule13_InterruptedUpload_GoesOnAtItsCompressedOffset()
    {
        SkipWithoutZstd();
        var content = Fresh(300_000);
        var digest = DigestOf(content);
        var frame = await ZstdProgram.CompressAsync(content);
        var name = CompressedUpload(digest);
        using (var call = Streams.Write(deadline: Deadline()))
        {
            await call.RequestStream.WriteAsync(new WriteRequest { ResourceName = name, Data = ByteString.CopyFrom(frame, 0, 100_000) }, Token);
            await call.RequestStream.CompleteAsync();
            await call.ResponseAsync;
        }

        var committed = (await Streams.QueryWriteStatusAsync(new QueryWriteStatusRequest { ResourceName = name }, deadline: Deadline())).CommittedSize;
        Assert.InRange(committed, 0, 100_000);
        await WriteAsync(name, frame[(int)committed..], offset: committed);

        Assert.Equal(content, await ReadAsync(BlobName(digest)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(999_999)]
    [InlineData(1_000_000)]
    public async Task Rule14_ReadOffset_CountsUncompressedBytes(int offset)
    {
        SkipWithoutZstd();
        var content = Text(1_000_000);
        var digest = await StoreAsync(content);

        Assert.Equal(content[offset..], await ZstdProgram.DecompressAsync(await ReadAsync(Compressed(digest), offset)));
    }

    [Fact]
    public async Task Rule15_Batches_TakeAndGiveZstd()
    {
        var capabilities = Server.Capabilities.CacheCapabilities;
        Assert.SkipUnless(capabilities.SupportedBatchUpdateCompressors.Contains(Compressor.Types.Value.Zstd), "this server's batches are uncompressed");
        var content = Text(10_000);
        var digest = DigestOf(content);
        var update = new BatchUpdateBlobsRequest
        {
            InstanceName = Instance,
            DigestFunction = Server.Function,
            Requests =
            {
                new BatchUpdateBlobsRequest.Types.Request
                {
                    Digest = digest, Data = ByteString.CopyFrom(await ZstdProgram.CompressAsync(content)), Compressor = Compressor.Types.Value.Zstd,
                },
            },
        };
        Assert.Equal(0, (await Cas.BatchUpdateBlobsAsync(update, deadline: Deadline())).Responses.Single().Status?.Code ?? 0);

        var read = new BatchReadBlobsRequest { InstanceName = Instance, DigestFunction = Server.Function, Digests = { digest }, AcceptableCompressors = { Compressor.Types.Value.Zstd } };
        var given = (await Cas.BatchReadBlobsAsync(read, deadline: Deadline())).Responses.Single();
        read.AcceptableCompressors.Clear();
        var plain = (await Cas.BatchReadBlobsAsync(read, deadline: Deadline())).Responses.Single();

        Assert.Equal(content, given.Compressor == Compressor.Types.Value.Zstd ? await ZstdProgram.DecompressAsync(given.Data.ToByteArray()) : given.Data.ToByteArray());
        Assert.Equal(Compressor.Types.Value.Identity, plain.Compressor);
        Assert.Equal(content, plain.Data.ToByteArray());
    }

    private void SkipWithoutZstd() =>
        Assert.SkipUnless(Server.Capabilities.CacheCapabilities.SupportedCompressors.Contains(Compressor.Types.Value.Zstd), "this server's streams are uncompressed");

    /// <summary>Text that no server has seen, and that can be compressed.</summary>
    private static byte[] Text(int size)
    {
        var text = new StringBuilder(size + 80);
        for (var line = 0; text.Length < size; line++)
        {
            text.Append(FreshText()).Append(" is line ").Append(line).Append(" of a text that says the same again and again\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, size));
    }

    private string Compressed(Digest digest) => Named($"compressed-blobs/zstd/{Spelled(digest)}");

    private string CompressedUpload(Digest digest) => Named($"uploads/{Guid.NewGuid():D}/compressed-blobs/zstd/{Spelled(digest)}");
}
