using Xunit;

namespace BuildFarm.Scheduling.Tests;

public sealed class NamedAmountsTests
{
    [Fact]
    public void Of_AnyOrderAndZeros_IsEqualByValue()
    {
        var one = Of(("b", 2), ("a", 1), ("none", 0));
        var other = Of(("a", 1), ("b", 2));

        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.Equal("a=1 b=2", one.ToString());
        Assert.NotEqual(one, Of(("a", 1), ("b", 3)));
    }

    [Fact]
    public void Of_ANameTwice_Throws() => Assert.Throws<ArgumentException>(() => Of(("a", 1), ("a", 2)));

    [Fact]
    public void Resources_AddedAndTakenAway_AreAsBefore()
    {
        var some = new Resources(1000, 5) { Named = Of(("a", 1), ("c", 3)) };
        var more = new Resources(2000, 6) { Named = Of(("b", 2), ("c", 1)) };

        Assert.Equal("a=1 b=2 c=4", (some + more).Named.ToString());
        Assert.Equal(some, some + more - more);
        Assert.Equal(Resources.None, some - some);
        Assert.Equal("a=1 b=2 c=3", some.Max(more).Named.ToString());
    }

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(2, 1, false)]
    public void FitsIn_EachName_MustFit(long asked, long has, bool fits)
    {
        Assert.Equal(fits, new Resources(1, 1) { Named = Of(("a", asked)) }.FitsIn(new Resources(1, 1) { Named = Of(("a", has), ("b", 9)) }));
        Assert.False(new Resources(1, 1) { Named = Of(("a", asked)) }.FitsIn(new Resources(1, 1)));
    }

    private static NamedAmounts Of(params (string Name, long Amount)[] amounts) =>
        NamedAmounts.Of(amounts.Select(static pair => KeyValuePair.Create(pair.Name, pair.Amount)));
}
