using BuildFarm.Rpc.Wire;
using Xunit;

namespace BuildFarm.Rpc.Tests.Wire;

public sealed class GrpcTimeoutTests
{
    [Theory]
    [InlineData(0, "1n")]
    [InlineData(-5, "1n")]
    [InlineData(1, "100n")]
    [InlineData(999_999, "99999900n")]
    [InlineData(1_000_000, "100000u")]
    [InlineData(1_000_001, "100001u")]
    [InlineData(TimeSpan.TicksPerMinute * 10, "600000m")]
    [InlineData(TimeSpan.TicksPerDay * 30, "2592000S")]
    public void Format_Ticks_UsesFinestUnitOfEightDigits(long ticks, string expected) =>
        Assert.Equal(expected, GrpcTimeout.Format(TimeSpan.FromTicks(ticks)));

    [Fact]
    public void Format_AnyDuration_NeverShortens()
    {
        var random = new Random(7);
        for (var i = 0; i < 10_000; i++)
        {
            var timeout = TimeSpan.FromTicks(random.NextInt64(1, 1L << random.Next(1, 62)));
            var text = GrpcTimeout.Format(timeout);
            Assert.InRange(text.Length, 2, 9);
            Assert.True(GrpcTimeout.TryParse(text, out var parsed));
            Assert.True(parsed >= timeout, $"{timeout} became {text}");
        }
    }

    [Theory]
    [InlineData("1H", TimeSpan.TicksPerHour)]
    [InlineData("2M", TimeSpan.TicksPerMinute * 2)]
    [InlineData("3S", TimeSpan.TicksPerSecond * 3)]
    [InlineData("4m", TimeSpan.TicksPerMillisecond * 4)]
    [InlineData("5u", TimeSpan.TicksPerMicrosecond * 5)]
    [InlineData("600n", 6)]
    [InlineData("1n", 1)]
    [InlineData("00000001S", TimeSpan.TicksPerSecond)]
    [InlineData("99999999S", TimeSpan.TicksPerSecond * 99_999_999)]
    public void TryParse_ValidText_GivesDuration(string text, long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(text, out var parsed));
        Assert.Equal(TimeSpan.FromTicks(ticks), parsed);
    }

    [Fact]
    public void TryParse_LongerThanTimeSpan_Saturates()
    {
        Assert.True(GrpcTimeout.TryParse("99999999H", out var parsed));
        Assert.True(parsed > TimeSpan.FromDays(3_000_000));
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("1s")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData(" 1S")]
    [InlineData("1.5S")]
    [InlineData("123456789S")]
    public void TryParse_InvalidText_IsFalse(string text) => Assert.False(GrpcTimeout.TryParse(text, out _));
}
