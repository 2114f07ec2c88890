using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Grpc.Net.Compression;
using Xunit;

namespace BuildFarm.Rpc.Tests.Wire;

public sealed class MessageFramingTests
{
    private static readonly ICompressionProvider Gzip = CompressionSet.Default.Find("gzip")!;

    /// <summary>How a marshaller may hand its bytes over.</summary>
    public enum Style
    {
        Announced,
        Unannounced,
        Array,
    }

    public static TheoryData<Style, bool, int> Shapes()
    {
        var rows = new TheoryData<Style, bool, int>();
        foreach (var style in Enum.GetValues<Style>())
        {
            foreach (var size in (int[])[0, 1, 100, 5_000, 300_000])
            {
                rows.Add(style, false, size);
                rows.Add(style, true, size);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task WriteAndRead_AnyStyle_RoundTripsThroughPipeAndStream(Style style, bool compress, int size)
    {
        var first = Payload(size, seed: 1);
        var second = Payload(size / 2, seed: 2);
        using var output = new PooledBufferWriter();
        using var writer = new MessageWriter(output, maxMessageSize: null, compress ? Gzip : null);
        writer.Write(first, Serializer(style));
        writer.Write(second, Serializer(style));

        foreach (var chunk in (int[])[1, 7, 4096, int.MaxValue])
        {
            if (size > 5_000 && chunk < 100)
            {
                continue;
            }

            using var trickle = new TrickleStream(output.WrittenMemory.ToArray(), chunk);
            using var reader = new StreamMessageReader(trickle, new MessageParser(null, Gzip));
            Assert.Equal(first, (await reader.ReadAsync(Deserialize, default)).Value);
            Assert.Equal(second, (await reader.ReadAsync(Deserialize, default)).Value);
            Assert.False((await reader.ReadAsync(Deserialize, default)).HasValue);

            using var again = new TrickleStream(output.WrittenMemory.ToArray(), chunk);
            var pipe = new PipeMessageReader(PipeReader.Create(again), new MessageParser(null, Gzip));
            Assert.Equal(first, (await pipe.ReadAsync(Deserialize, default)).Value);
            Assert.Equal(second, (await pipe.ReadAsync(Deserialize, default)).Value);
            Assert.False((await pipe.ReadAsync(Deserialize, default)).HasValue);
        }
    }

    [Fact]
    public void Write_NoCompress_ClearsFlag()
    {
        using var output = new PooledBufferWriter();
        using var writer = new MessageWriter(output, maxMessageSize: null, Gzip);
        writer.Write(Payload(50, 1), Serializer(Style.Announced), compress: false);
        Assert.Equal(0, output.WrittenSpan[0]);
        Assert.Equal(50u, BinaryPrimitives.ReadUInt32BigEndian(output.WrittenSpan[1..]));
    }

    [Theory]
    [InlineData(Style.Announced)]
    [InlineData(Style.Unannounced)]
    [InlineData(Style.Array)]
    public void Write_OverLimit_IsResourceExhausted(Style style)
    {
        using var output = new PooledBufferWriter();
        using var writer = new MessageWriter(output, maxMessageSize: 99);
        writer.Write(Payload(99, 1), Serializer(style));
        var error = Assert.Throws<RpcException>(() => writer.Write(Payload(100, 1), Serializer(style)));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal(FrameHeader.Size + 99, output.WrittenCount);
    }

    [Fact]
    public void Write_MarshallerWritesLessThanAnnounced_IsInternal()
    {
        using var writer = new MessageWriter(new ArrayBufferWriter<byte>(), maxMessageSize: null);
        var error = Assert.Throws<RpcException>(() => writer.Write(0, static (_, context) =>
        {
            context.SetPayloadLength(10);
            context.GetBufferWriter().Write("short"u8);
            context.Complete();
        }));
        Assert.Contains("announced 10 bytes and wrote 5", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_OverLimit_IsRefusedFromHeaderAlone()
    {
        var frame = new byte[FrameHeader.Size];
        new FrameHeader(false, 101).Write(frame);
        using var reader = new StreamMessageReader(new MemoryStream(frame), new MessageParser(100));
        var error = await Assert.ThrowsAsync<RpcException>(async () => await reader.ReadAsync(Deserialize, default));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task Read_CompressedBomb_StopsAtLimit()
    {
        using var output = new PooledBufferWriter();
        using var writer = new MessageWriter(output, maxMessageSize: null, Gzip);
        writer.Write(new byte[50_000_000], Serializer(Style.Array));
        Assert.True(output.WrittenCount < 1_000_000);
        using var reader = new StreamMessageReader(new MemoryStream(output.WrittenMemory.ToArray()), new MessageParser(1_000_000, Gzip));
        var error = await Assert.ThrowsAsync<RpcException>(async () => await reader.ReadAsync(Deserialize, default));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 2, 1 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 1 })]
    public async Task Read_BrokenFrame_IsInternal(byte[] bytes)
    {
        using var reader = new StreamMessageReader(new MemoryStream(bytes), new MessageParser(100));
        var error = await Assert.ThrowsAnyAsync<RpcException>(async () => await reader.ReadAsync(Deserialize, default));
        Assert.Equal(StatusCode.Internal, error.StatusCode);
        var pipe = new PipeMessageReader(PipeReader.Create(new MemoryStream(bytes)), new MessageParser(100));
        error = await Assert.ThrowsAnyAsync<RpcException>(async () => await pipe.ReadAsync(Deserialize, default));
        Assert.Equal(StatusCode.Internal, error.StatusCode);
    }

    [Fact]
    public async Task Read_GarbageWithGzipFlag_IsInternal()
    {
        using var reader = new StreamMessageReader(new MemoryStream([1, 0, 0, 0, 3, 9, 9, 9]), new MessageParser(100, Gzip));
        var error = await Assert.ThrowsAsync<WireException>(async () => await reader.ReadAsync(Deserialize, default));
        Assert.Equal(StatusCode.Internal, error.StatusCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task ReadSingle_NotExactlyOne_IsInternal(int messages)
    {
        using var output = new PooledBufferWriter();
        using var writer = new MessageWriter(output, maxMessageSize: null);
        for (var i = 0; i < messages; i++)
        {
            writer.Write(Payload(10, i), Serializer(Style.Announced));
        }

        var pipe = new PipeMessageReader(PipeReader.Create(new MemoryStream(output.WrittenMemory.ToArray())), new MessageParser(100));
        var error = await Assert.ThrowsAsync<WireException>(async () => await pipe.ReadSingleAsync(Deserialize, default));
        Assert.Equal(StatusCode.Internal, error.StatusCode);
    }

    [Fact]
    public void Find_UnknownEncoding_NamesWhatIsAccepted()
    {
        var error = Assert.Throws<RpcException>(() => CompressionSet.Default.Find("snappy"));
        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
        Assert.Contains("identity,gzip", error.Status.Detail, StringComparison.Ordinal);
    }

    private static byte[] Deserialize(DeserializationContext context)
    {
        Assert.Equal(context.PayloadLength, context.PayloadAsReadOnlySequence().Length);
        return context.PayloadAsNewBuffer();
    }

    private static Action<byte[], SerializationContext> Serializer(Style style) => style switch
    {
        Style.Array => static (bytes, context) => context.Complete(bytes),
        Style.Unannounced => static (bytes, context) =>
        {
            context.GetBufferWriter().Write(bytes);
            context.Complete();
        },
        _ => static (bytes, context) =>
        {
            context.SetPayloadLength(bytes.Length);
            context.GetBufferWriter().Write(bytes);
            context.Complete();
        },
    };

    private static byte[] Payload(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Gives at most a few bytes a read, as a network may.</summary>
    private sealed class TrickleStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, chunk)], cancellationToken);
    }
}
