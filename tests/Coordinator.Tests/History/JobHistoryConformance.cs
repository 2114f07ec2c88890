using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Digests;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.History;

/// <summary>What every history must do, whatever keeps it. Those of these tests remember five jobs.</summary>
public abstract class JobHistoryConformance
{
    protected const int Capacity = 5;

    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A view of the one history that this test has.</summary>
    protected abstract ValueTask<IJobHistory> NewAsync();

    [Fact]
    public async Task Job_Added_IsFoundWhole()
    {
        await using var history = await OpenAsync();
        var job = Finished("abcd1234", 1);
        await history.AddAsync([job, Finished("abce0000", 2)], [], CancellationToken.None);

        var found = await history.FindAsync("abcd", CancellationToken.None);

        Assert.Equal(job.Job, Assert.Single(found).Job);
        Assert.Equal(job.Events, found[0].Events);
        Assert.Equal(["abcd1234", "abce0000"], (await history.FindAsync("abc", CancellationToken.None)).Select(one => one.Id));
        Assert.Empty(await history.FindAsync("abcf", CancellationToken.None));
    }

    [Fact]
    public async Task Job_AddedTwice_StaysAsItWas()
    {
        await using var history = await OpenAsync();
        await history.AddAsync([Finished("a", 1)], [], CancellationToken.None);

        await history.AddAsync([Finished("a", 9)], [], CancellationToken.None);

        Assert.Equal(Finished("a", 1).Job, Assert.Single(await history.FindAsync("a", CancellationToken.None)).Job);
        Assert.Single(await history.ListAsync(JobListPosition.Start, 10, CancellationToken.None));
    }

    [Fact]
    public async Task Jobs_Listed_AreNewestFirstAndWithoutTasks()
    {
        await using var history = await OpenAsync();
        await history.AddAsync([Finished("b", 2), Finished("a", 2), Finished("c", 3), Finished("d", 1)], [], CancellationToken.None);

        var first = await history.ListAsync(JobListPosition.Start, 2, CancellationToken.None);
        var rest = await history.ListAsync(new JobListPosition(first[1].SubmittedAt.ToDateTimeOffset(), first[1].JobId), 9, CancellationToken.None);

        Assert.Equal(["c", "a"], first.Select(job => job.JobId));
        Assert.Equal(["b", "d"], rest.Select(job => job.JobId));
        Assert.All(first, job => Assert.Empty(job.Tasks));
        Assert.All(first, job => Assert.Equal(1, job.Summary.Succeeded));
    }

    [Fact]
    public async Task Jobs_BeyondTheCapacity_ForgetWhatFinishedFirst()
    {
        await using var history = await OpenAsync();
        for (var i = 0; i < Capacity + 2; i++)
        {
            await history.AddAsync([Finished($"job{i}", i)], [], CancellationToken.None);
        }

        Assert.Equal(["job6", "job5", "job4", "job3", "job2"], (await history.ListAsync(JobListPosition.Start, 99, CancellationToken.None)).Select(job => job.JobId));
        Assert.False(await history.WantsAsync("job1", Noon.AddMinutes(2), CancellationToken.None));
        Assert.False(await history.WantsAsync("job6", Noon.AddMinutes(7), CancellationToken.None));
        Assert.True(await history.WantsAsync("job7", Noon.AddMinutes(8), CancellationToken.None));
    }

    [Fact]
    public async Task Empty_WantsEverything()
    {
        await using var history = await OpenAsync();

        Assert.True(await history.WantsAsync("a", Noon, CancellationToken.None));
        Assert.Empty(await history.ReadTimesAsync(CancellationToken.None).ToListAsync());
    }

    protected static RecordedTime Time(string task, double seconds) =>
        new(Digest.OfBytes(System.Text.Encoding.UTF8.GetBytes(task)), TimeSpan.FromSeconds(seconds));

    protected async Task<IJobHistory> OpenAsync()
    {
        var history = await NewAsync();
        await history.OpenAsync(CancellationToken.None);
        return history;
    }

    protected static FinishedJob Finished(string id, int minute)
    {
        var job = new Job
        {
            JobId = id,
            Name = $"job {id}",
            State = JobState.Finished,
            SubmittedAt = Noon.AddMinutes(minute).ToTimestamp(),
            FinishedAt = Noon.AddMinutes(minute + 1).ToTimestamp(),
            Summary = new JobSummary { Submitted = 1, Succeeded = 1 },
        };
        var ended = new JobEvent { Sequence = 9, Finished = job.Clone() };
        job.Tasks.Add(new V1.Task { Name = "t", Outcome = Outcome.Success });
        return new FinishedJob(job, [new JobEvent { Sequence = 1, Accepted = new Job { JobId = id } }, ended]);
    }

    /// <summary>What a second life finds of the first's.</summary>
    protected async Task KeepsAcrossLivesAsync()
    {
        await using (var first = await OpenAsync())
        {
            await first.AddAsync([Finished("a", 1)], [Time("x", 1), Time("y", 2)], CancellationToken.None);
            await first.AddAsync([], [Time("x", 1.5), Time("z", 3) with { MemoryBytes = 7L << 30 }], CancellationToken.None);
        }

        await using var second = await OpenAsync();

        Assert.Equal(Finished("a", 1).Job, Assert.Single(await second.FindAsync("a", CancellationToken.None)).Job);
        Assert.Equal([Time("x", 1.5), Time("y", 2), Time("z", 3) with { MemoryBytes = 7L << 30 }], await second.ReadTimesAsync(CancellationToken.None).ToListAsync());
    }
}
