using BuildFarm.Cli.JobFiles;
using Xunit;

namespace BuildFarm.Cli.Tests.JobFiles;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("1024", 1024L)]
    [InlineData("1K", 1024L)]
    [InlineData("512M", 512L << 20)]
    [InlineData("1.5G", 3L << 29)]
    [InlineData("2Gi", 2L << 30)]
    [InlineData("2 GiB", 2L << 30)]
    [InlineData("0", null)]
    [InlineData("-1", null)]
    [InlineData("1e3", null)]
    [InlineData("G", null)]
    [InlineData("99999999999T", null)]
    public void Bytes_Text_IsThisAmount(string text, long? expected) => Assert.Equal(expected, Quantity.Bytes(text));

    [Theory]
    [InlineData("90", 90.0)]
    [InlineData("90s", 90.0)]
    [InlineData("1h30m", 5400.0)]
    [InlineData("250ms", 0.25)]
    [InlineData("2d", 172800.0)]
    [InlineData("0", null)]
    [InlineData("5 parsecs", null)]
    [InlineData("m", null)]
    [InlineData("", null)]
    public void Time_Text_IsThisLong(string text, double? seconds) => Assert.Equal(seconds, Quantity.Time(text)?.TotalSeconds);

    [Theory]
    [InlineData("2", 2000L)]
    [InlineData("0.5", 500L)]
    [InlineData("1000", 1000000L)]
    [InlineData("0", null)]
    [InlineData("two", null)]
    public void CpuMillis_Text_IsThisMuch(string text, long? expected) => Assert.Equal(expected, Quantity.CpuMillis(text));
}
