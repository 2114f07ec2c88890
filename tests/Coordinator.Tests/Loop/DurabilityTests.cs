using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Health;
using BuildFarm.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Loop;

public sealed class DurabilityTests
{
    [Fact]
    public async Task Submit_BeforeItsFlush_IsNeitherAcknowledgedNorAssignedNorShown()
    {
        var journal = new GateJournal();
        await using var farm = await TestFarm.StartAsync(journal: journal);
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        await worker.NextDesiredAsync();

        journal.Hold();
        var submit = farm.SubmitAsync(TestFarm.Template("build"));
        await journal.FlushWaitsAsync();
        // Everything that was released before it had the time of a whole round trip to come out.
        var shown = await farm.Jobs.ListJobsAsync(new ListJobsRequest());

        Assert.False(submit.IsCompleted);
        Assert.Empty(shown.Jobs);
        journal.Release();
        var job = await submit.WaitAsync(TestFarm.Patience);
        await worker.CompleteAsync(await worker.NextAssignmentAsync());
        Assert.Equal(1, (await farm.FinishAsync(job)).Summary.Succeeded);
    }

    [Fact]
    public async Task Commands_DuringAFlush_ShareTheNext()
    {
        var journal = new GateJournal();
        await using var farm = await TestFarm.StartAsync(journal: journal);
        var queue = farm.Server.Services.GetRequiredService<Coordinator.Loop.SchedulerQueue>();

        journal.Hold();
        var first = farm.SubmitAsync(TestFarm.Template("first"));
        await journal.FlushWaitsAsync();
        var others = Enumerable.Range(0, 50).Select(i => farm.SubmitAsync(TestFarm.Template($"t{i}"))).ToList();
        while (queue.Items.Count < others.Count)
        {
            await Task.Yield();
        }

        var before = journal.Flushed.Count;
        journal.Release();
        await Task.WhenAll([first, .. others]).WaitAsync(TestFarm.Patience);

        // One flush for the first, and one for all that came meanwhile: each of those left two records at least.
        Assert.True(journal.Flushed[before + 1] >= 2 * others.Count, string.Join(' ', journal.Flushed));
    }

    [Fact]
    public async Task Report_ThatOnlyForgetsWhatEnded_IsAnsweredAtOnceAndDurableWithWhatComesNext()
    {
        var journal = new GateJournal();
        await using var farm = await TestFarm.StartAsync(journal: journal);
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var job = await farm.SubmitAsync(TestFarm.Template("build"));
        var assignment = await worker.NextAssignmentAsync();
        while ((await worker.NextDesiredAsync()).Assignments.Count == 0)
        {
            // From before it was placed.
        }

        journal.Hold();
        await worker.CompleteAsync(assignment);
        await journal.FlushWaitsAsync();
        journal.ReleaseOne();
        await worker.ForgottenAsync(assignment);
        // The worker has answered that by itself; were there a flush on the way, this would wait for it.
        await worker.NextDesiredAsync();
        var flushes = journal.Flushed.Count;
        journal.Release();
        var workers = await farm.Server.Services.GetRequiredService<Coordinator.Loop.SchedulerQueue>()
            .QueryAsync(static state => state.Workers(), TestContext.Current.CancellationToken);

        // Whoever asks sees only what is durable.
        Assert.Equal(Scheduling.Resources.None, Assert.Single(workers).InUse);
        Assert.Equal((flushes + 1, 1), (journal.Flushed.Count, journal.Flushed[^1]));
        Assert.Equal(1, (await farm.FinishAsync(job)).Summary.Succeeded);
    }

    [Fact]
    public async Task Append_Failed_StopsTheCoordinatorWithOneLine()
    {
        var journal = new GateJournal();
        await using var farm = await TestFarm.StartAsync(journal: journal);
        farm.Server.Logs.Expect("the journal failed");
        var stopping = farm.Server.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var stopped = new TaskCompletionSource();
        await using var registration = stopping.Register(() => stopped.TrySetResult());

        journal.Fail(new IOException("no space left on device"));
        var lost = await Assert.ThrowsAsync<RpcException>(() => farm.SubmitAsync(TestFarm.Template("build")));
        await stopped.Task.WaitAsync(TestFarm.Patience);

        Assert.Equal(StatusCode.Unavailable, lost.StatusCode);
        var line = farm.Server.Services.GetRequiredService<FatalError>().Message;
        Assert.Contains("no space left on device", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line!);
    }

    [Fact]
    public async Task Stop_Requested_ReadinessFlipsAndStreamsEnd()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        await worker.NextDesiredAsync();
        var job = await farm.SubmitAsync(TestFarm.Template("long"));
        await worker.NextAssignmentAsync();
        var watch = farm.WatchAsync(job);
        var readiness = farm.Server.Services.GetRequiredService<Readiness>();
        Assert.True(readiness.IsReady);

        await farm.Server.StopAsync();

        Assert.False(readiness.IsReady);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => watch.WaitAsync(TestFarm.Patience))).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => worker.Ended.WaitAsync(TestFarm.Patience))).StatusCode);
    }
}
