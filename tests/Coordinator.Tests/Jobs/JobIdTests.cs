using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Tests.Kit;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Jobs;

public sealed class JobIdTests
{
    [Fact]
    public async Task Id_OfAnActiveJob_IsNotGivenAgain()
    {
        await using var farm = await TestFarm.StartAsync(ids: new Repeating("aaaaaaaa", "aaaaaaaa", "bbbbbbbb"));

        var first = await farm.SubmitAsync(TestFarm.Template("one"));
        var second = await farm.SubmitAsync(TestFarm.Template("two"));

        Assert.Equal(("aaaaaaaa", "bbbbbbbb"), (first, second));
    }

    /// <summary>Gives these ids in this order, after one for the journal.</summary>
    private sealed class Repeating(params string[] given) : IIdSource
    {
        private int _next = -1;

        public string NextHex(int digits) => _next++ < 0 ? "00000000" : given[_next - 1];
    }
}
