using Xunit;

namespace BuildFarm.Scheduling.Tests;

public sealed class PlatformTests
{
    [Fact]
    public void Equality_SamePropertiesInAnotherOrder_IsTheSame()
    {
        var one = Platform.Of(("os", "linux"), ("arch", "x86"));
        var two = Platform.Of(("arch", "x86"), ("os", "linux"));

        Assert.Equal(one, two);
        Assert.Equal(one.GetHashCode(), two.GetHashCode());
        Assert.Equal("arch=x86 os=linux", one.ToString());
        Assert.NotEqual(one, Platform.Of(("arch", "x86")));
        Assert.NotEqual(one, Platform.Of(("arch", "x86"), ("os", "linuxes")));
    }

    [Fact]
    public void Of_NameTwice_Throws() =>
        Assert.Contains("'os'", Assert.Throws<ArgumentException>(() => Platform.Of(("os", "a"), ("os", "b"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Satisfies_MoreThanAsked_IsTrueAndLessNamesTheFirstMissing()
    {
        var pool = Platform.Of(("arch", "x86"), ("os", "linux"));

        Assert.True(pool.Satisfies(Platform.Empty));
        Assert.True(pool.Satisfies(Platform.Of(("os", "linux"))));
        Assert.Equal("gpu", pool.FirstMissing(Platform.Of(("gpu", "yes"), ("os", "beos")))!.Value.Key);
    }
}
