using BuildFarm.Coordinator.Why;
using BuildFarm.Digests;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Why;

/// <summary>What every history of actions must do, whatever keeps it. Those of these tests remember five.</summary>
public abstract class ActionHistoryConformance
{
    protected const int Capacity = 5;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A view of the one history that this test has.</summary>
    protected abstract ValueTask<IActionHistory> NewAsync();

    [Fact]
    public async Task Action_Added_IsFoundByItsDigestAndByItsTask()
    {
        await using var history = await NewAsync();
        var action = Seen(1) with { Action = Digest.OfBytes("x"u8, DigestFunction.Blake3) };

        await history.AddAsync([action, Seen(2)], Token);

        var found = await history.FindAsync("main", action.Action, Token);
        Assert.Equal(action, found! with { Number = 0 });
        Assert.Equal(found, await history.FindAsync("job1", "task1", Token));
        Assert.Null(await history.FindAsync("other", action.Action, Token));
        Assert.Null(await history.FindAsync("job1", "task2", Token));
    }

    [Fact]
    public async Task Action_AddedAgain_IsThereOnce()
    {
        await using var history = await NewAsync();

        await history.AddAsync([Seen(1), Seen(1)], Token);
        await history.AddAsync([Seen(1), Seen(2) with { Task = "task1" }], Token);

        var newest = await history.FindAsync("job2", "task1", Token);
        Assert.Single((await history.FindLikeAsync(newest!, 10, Token)).DistinctBy(static seen => seen.Number));
    }

    [Fact]
    public async Task FindLike_OfEachKind_HasTheNewestBeforeIt()
    {
        await using var history = await NewAsync();
        await history.AddAsync(
            [
                Seen(1) with { Task = "t" },
                Seen(2) with { Outputs = "o" },
                Seen(3) with { Program = "p" },
                Seen(4) with { Task = "t", Outputs = "o", Program = "p", InstanceName = "other" },
                Seen(5) with { Task = "t", Outputs = "o", Program = "p" },
            ],
            Token);

        var like = await history.FindLikeAsync((await history.FindAsync("job5", "t", Token))!, 10, Token);

        Assert.Equal(["job1", "job2", "job3"], like.Select(static seen => seen.JobId).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task FindNamed_ATargetWithOrWithoutItsMnemonic_IsTheNewestOfIt()
    {
        await using var history = await NewAsync();
        await history.AddAsync(
            [
                Seen(1) with { Task = "//a:b CppCompile" },
                Seen(2) with { Task = "//a:b CppLink" },
                Seen(3) with { Task = "//a:bc CppLink" },
                Seen(4) with { Task = "//a:b CppLink", InstanceName = "other" },
                Seen(5) with { Task = "//a:b.c_d% CppLink" },
            ],
            Token);

        Assert.Equal("job2", (await history.FindNamedAsync("main", "//a:b", Token))!.JobId);
        Assert.Equal("job1", (await history.FindNamedAsync("main", "//a:b CppCompile", Token))!.JobId);
        Assert.Null(await history.FindNamedAsync("main", "//a:", Token));
        Assert.Null(await history.FindNamedAsync("main", "//a:b%", Token));
    }

    [Fact]
    public async Task Actions_BeyondTheCapacity_ForgetTheOldest()
    {
        await using var history = await NewAsync();
        for (var i = 1; i <= Capacity + 2; i++)
        {
            await history.AddAsync([Seen(i)], Token);
        }

        Assert.Null(await history.FindAsync("job2", "task2", Token));
        Assert.NotNull(await history.FindAsync("job3", "task3", Token));
    }

    protected async Task KeepsAcrossLivesAsync()
    {
        await using (var history = await NewAsync())
        {
            await history.AddAsync([Seen(1)], Token);
        }

        await using var again = await NewAsync();
        await again.AddAsync([Seen(2) with { Program = "program1" }], Token);
        Assert.Equal("job1", Assert.Single(await again.FindLikeAsync((await again.FindAsync("job2", "task2", Token))!, 10, Token)).JobId);
    }

    private static SeenAction Seen(int number) => new(
        "main", "root-1", Digest.OfBytes([(byte)number]), $"job{number}", $"task{number}", $"outputs{number}", $"program{number}",
        new DateTimeOffset(2026, 11, 21, 12, 0, number, TimeSpan.Zero));
}
