using System.Buffers.Binary;
using System.Text;
using BuildFarm.Worker.Containers.Docker.Engine;
using Xunit;

namespace BuildFarm.Worker.Tests.Docker.Engine;

/// <summary>The frames of an attached container, whole and broken.</summary>
public sealed class AttachedStreamsTests
{
    [Fact]
    public async Task Frames_OfBothStreams_AreTakenApartInOrder()
    {
        await using var engine = FakeEngine.Saying(
            [.. FakeEngine.Hijacked, .. Frame(1, "one "), .. Frame(2, "err"), .. Frame(1, ""), .. Frame(1, "two")], [.. Frame(2, "or")]);
        await using var streams = await AttachAsync(engine);
        Assert.Equal("one two", await AttachedText.ReadAsync(streams.StandardOutput));
        Assert.Equal("error", await AttachedText.ReadAsync(streams.StandardError));
        Assert.False(streams.IsBroken);
    }

    [Fact]
    public async Task Frame_InPieces_IsOne()
    {
        var bytes = Frame(1, "slow");
        await using var engine = FakeEngine.Saying([FakeEngine.Hijacked, .. bytes.Select(static value => new[] { value })]);
        await using var streams = await AttachAsync(engine);
        Assert.Equal("slow", await AttachedText.ReadAsync(streams.StandardOutput));
    }

    [Fact]
    public async Task Stream_ThatNobodyReads_HoldsABoundedPartAndLosesNothing()
    {
        var chunk = new string('x', 30_000);
        byte[][] parts = [FakeEngine.Hijacked, .. Enumerable.Range(0, 100).Select(_ => Frame(1, chunk)), Frame(2, "end")];
        await using var engine = FakeEngine.Saying(parts);
        await using var streams = await AttachAsync(engine);
        // The other stream's bytes come after what is not taken.
        Assert.Equal(-1, streams.StandardError.TryRead(new byte[10]));
        Assert.False(streams.Ended.IsCompleted);
        Assert.Equal(3_000_000, (await AttachedText.ReadAsync(streams.StandardOutput)).Length);
        Assert.Equal("end", await AttachedText.ReadAsync(streams.StandardError));
    }

    [Theory]
    [InlineData("01000000000000", "within the head of a frame")]
    [InlineData("0100000000000005" + "6161", "within a frame")]
    [InlineData("0300000000000001" + "61", "no stream 3")]
    [InlineData("0001000000000001" + "61", "is no head of a frame")]
    [InlineData("01000000ffffffff" + "61", "is no head of a frame")]
    [InlineData("48656c6c6f20776f726c64", "is no head of a frame")]
    public async Task Stream_ThatIsBroken_IsSaidAfterWhatCameBefore(string hex, string problem)
    {
        await using var engine = FakeEngine.Saying([.. FakeEngine.Hijacked, .. Frame(1, "before "), .. Convert.FromHexString(hex)]);
        await using var streams = await AttachAsync(engine);
        var buffer = new byte[7];
        await streams.StandardOutput.WaitAsync(CancellationToken.None);
        Assert.Equal(7, streams.StandardOutput.TryRead(buffer));
        Assert.Equal("before ", Encoding.UTF8.GetString(buffer));
        var error = await Assert.ThrowsAsync<IOException>(() => AttachedText.ReadAsync(streams.StandardError));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.True(streams.IsBroken);
    }

    [Fact]
    public async Task Attach_WithoutTheConnection_IsAnError()
    {
        await using var engine = FakeEngine.Saying(FakeEngine.Answer(200, "streams"));
        using var client = new DockerClient(engine.Path, TimeProvider.System);
        Assert.Contains("does not hand over", (await client.AttachAsync("x", CancellationToken.None)).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_WhileBytesWait_Ends()
    {
        await using var engine = FakeEngine.Saying([FakeEngine.Hijacked, .. Enumerable.Range(0, 100).Select(static _ => Frame(1, new string('x', 30_000)))]);
        var streams = await AttachAsync(engine);
        await streams.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static byte[] Frame(byte stream, string text)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        var header = new byte[8];
        header[0] = stream;
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), payload.Length);
        return [.. header, .. payload];
    }

    private static async Task<AttachedStreams> AttachAsync(FakeEngine engine) =>
        (await new DockerClient(engine.Path, TimeProvider.System).AttachAsync("x", CancellationToken.None)).Value;
}
