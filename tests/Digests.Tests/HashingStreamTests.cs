using System.Security.Cryptography;
using Xunit;

namespace BuildFarm.Digests.Tests;

public sealed class HashingStreamTests
{
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(300_000);

    [Fact]
    public async Task Read_ToTheEnd_PassesTheBytesOnAndHashesThem()
    {
        await using var stream = new HashingStream(new MemoryStream(_content));
        var copy = new MemoryStream();

        await stream.CopyToAsync(copy, 10_007, TestContext.Current.CancellationToken);

        Assert.Equal(_content, copy.ToArray());
        Assert.Equal(_content.Length, stream.Position);
        Assert.Equal(Digest.OfBytes(_content), stream.Finish());
    }

    [Fact]
    public async Task Write_InParts_PassesTheBytesOnAndHashesThem()
    {
        var target = new MemoryStream();
        await using (var stream = new HashingStream(target, leaveOpen: true))
        {
            stream.Write(_content, 0, 100);
            stream.Write(_content.AsSpan(100, 900));
            await stream.WriteAsync(_content.AsMemory(1000), TestContext.Current.CancellationToken);
            Assert.Equal(Digest.OfBytes(_content), stream.Finish());
        }

        Assert.Equal(_content, target.ToArray());
    }

    [Fact]
    public void Write_InnerRefuses_DoesNotCountTheBytes()
    {
        using var stream = new HashingStream(new MemoryStream(new byte[10], writable: true));
        stream.Write(_content.AsSpan(0, 10));

        Assert.Throws<NotSupportedException>(() => stream.Write(_content.AsSpan(10, 10)));

        Assert.Equal(Digest.OfBytes(_content.AsSpan(0, 10)), stream.Finish());
    }
}
