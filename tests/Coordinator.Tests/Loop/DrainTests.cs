using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Memory;
using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.TestKit;
using BuildFarm.TestKit.Workers;
using BuildFarm.V1;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Loop;

/// <summary>
/// A job of a hundred thousand distinct tasks through the journal and the worker's real link, by a worker that starts nothing. How
/// fast belongs to bench/.
/// </summary>
[Trait("Tier", "Full")]
public sealed class DrainTests : IDisposable
{
    private const int Tasks = 100_000;
    private const int Slots = 64;
    private const int Samples = 12;

    /// <summary>
    /// The last third of a drain may hold this much more than the first. A finished task leaves the queue, and what it was and how
    /// it ended stays with its job until that ends, so what is held shrinks and grows by about as much.
    /// </summary>
    private const double MostGrowth = 1.5;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Drain_LargeJob_HoldsHardlyMoreAtItsEndThanAtItsBeginning()
    {
        await using var farm = await StartAsync();
        await using var worker = await InstantWorker.LinkAsync(farm.Channel, Slots);
        var job = await SubmitAsync(farm);
        var held = new List<double>();

        for (var i = 1; i < Samples; i++)
        {
            await worker.RunToAsync((long)Tasks * i / Samples).WaitAsync(Patience);
            held.Add(GC.GetTotalMemory(forceFullCollection: true));
        }

        await worker.RunToAsync(Tasks).WaitAsync(Patience);

        Assert.Equal(Tasks, (await EndOfAsync(farm, job)).Summary.Succeeded);
        var third = held.Count / 3;
        var growth = held.TakeLast(third).Average() / held.Take(third).Average();
        Assert.True(growth < MostGrowth, $"the last third of the drain holds {growth:0.00} times what the first does: {string.Join(", ", held.Select(bytes => $"{bytes / (1 << 20):0}"))} MiB");
    }

    [Fact]
    public async Task CancelJob_LargeJobHalfWay_EndsEveryTaskOnce()
    {
        await using var farm = await StartAsync();
        await using var worker = await InstantWorker.LinkAsync(farm.Channel, Slots);
        var job = await SubmitAsync(farm);
        await worker.RunToAsync(Tasks / 2).WaitAsync(Patience);

        await farm.Jobs.CancelJobAsync(new CancelJobRequest { JobId = job, Reason = "half of it is enough" });

        var summary = (await EndOfAsync(farm, job)).Summary;
        Assert.Equal((Tasks / 2, Tasks / 2), (summary.Succeeded, summary.Cancelled));
        Assert.DoesNotContain((await farm.Jobs.ListJobsAsync(new ListJobsRequest())).Jobs, listed => listed.State != JobState.Finished);
    }

    // What the farm keeps on disk must not count as memory: no action is stored, and the CAS in memory is small.
    private Task<TestFarm> StartAsync() => TestFarm.StartAsync(
        journal: new SqliteJournal(_folder.File("journal.db")), history: new SqliteJobHistory(_folder.File("history.db"), 10), services: services => services.AddSingleton<IBlobStore>(new MemoryBlobStore(16 << 20)));

    private static async Task<string> SubmitAsync(TestFarm farm)
    {
        var spec = new JobSpec { Name = "drain" };
        spec.Tasks.AddRange(Enumerable.Range(0, Tasks).Select(i => new TaskTemplate { Name = $"compile src/module{i}.cpp", Arguments = { "g++", "-c", $"module{i}.cpp" }, DoNotCache = true }));
        return (await farm.Jobs.SubmitJobAsync(new SubmitJobRequest { Spec = spec })).JobId;
    }

    private static async Task<Job> EndOfAsync(TestFarm farm, string job)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var watch = farm.Jobs.WatchJob(new WatchJobRequest { JobId = job }, cancellationToken: patience.Token);
        while (await watch.ResponseStream.MoveNext(patience.Token))
        {
            if (watch.ResponseStream.Current.Finished is { } finished)
            {
                return finished;
            }
        }

        throw new InvalidOperationException("the job's events ended before it had finished");
    }
}
