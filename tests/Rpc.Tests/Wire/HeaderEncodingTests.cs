using System.Text;
using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Rpc.Tests.Wire;

public sealed class HeaderEncodingTests
{
    [Theory]
    [InlineData("plain text, kept", "plain text, kept")]
    [InlineData("100%", "100%25")]
    [InlineData("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n",
        "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A")]
    public void PercentEncoding_Text_RoundTrips(string text, string encoded)
    {
        Assert.Equal(encoded, PercentEncoding.Encode(text));
        Assert.Equal(text, PercentEncoding.Decode(encoded));
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz%41", "%zzA")]
    [InlineData("a%%41", "a%A")]
    public void PercentEncoding_BadEscape_IsKept(string encoded, string text) => Assert.Equal(text, PercentEncoding.Decode(encoded));

    [Fact]
    public void BinaryHeader_AnyLength_RoundTripsWithAndWithoutPadding()
    {
        var random = new Random(3);
        for (var length = 0; length < 700; length++)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            var encoded = BinaryHeader.Encode(bytes);
            Assert.DoesNotContain('=', encoded);
            Assert.Equal(bytes, BinaryHeader.Decode(encoded));
            Assert.Equal(bytes, BinaryHeader.Decode(Convert.ToBase64String(bytes)));
        }
    }

    [Fact]
    public void BinaryHeader_CommaJoined_GivesEachValue()
    {
        var metadata = new Metadata();
        MetadataHeaders.AddReceived(metadata, "Trace-Bin", "AQI, AwQF==,");
        Assert.Equal([[1, 2], [3, 4, 5], []], metadata.GetAll("trace-bin").Select(e => e.ValueBytes));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("*aaa")]
    public void BinaryHeader_NotBase64_IsInternal(string value) =>
        Assert.Equal(StatusCode.Internal, Assert.Throws<WireException>(() => BinaryHeader.Decode(value)).StatusCode);

    [Theory]
    [InlineData(":path")]
    [InlineData("te")]
    [InlineData("content-type")]
    [InlineData("grpc-timeout")]
    [InlineData("grpc-status")]
    [InlineData("grpc-encoding")]
    public void AddReceived_ReservedName_IsLeftOut(string name)
    {
        var metadata = new Metadata();
        MetadataHeaders.AddReceived(metadata, name, "x");
        Assert.Empty(metadata);
    }

    [Fact]
    public void AddReceived_StatusDetails_AreKept()
    {
        var metadata = new Metadata();
        MetadataHeaders.AddReceived(metadata, ProtocolNames.StatusDetailsTrailer, BinaryHeader.Encode(Encoding.UTF8.GetBytes("why")));
        Assert.Equal("why"u8.ToArray(), metadata.GetValueBytes(ProtocolNames.StatusDetailsTrailer));
    }

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("Application/Grpc; charset=utf-8", true)]
    [InlineData("application/grpc-web", false)]
    [InlineData("application/json", false)]
    [InlineData(null, false)]
    public void IsGrpcContentType_Value_IsRecognised(string? contentType, bool expected) =>
        Assert.Equal(expected, ProtocolNames.IsGrpcContentType(contentType));

    [Theory]
    [InlineData("0", true, StatusCode.OK)]
    [InlineData("16", true, StatusCode.Unauthenticated)]
    [InlineData("17", true, StatusCode.Unknown)]
    [InlineData("-1", false, StatusCode.Unknown)]
    [InlineData("x", false, StatusCode.Unknown)]
    public void TryParseStatus_Value_GivesCode(string value, bool valid, StatusCode expected)
    {
        Assert.Equal(valid, StatusMapping.TryParseStatus(value, out var code));
        Assert.Equal(expected, code);
    }
}
