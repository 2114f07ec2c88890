using System.Collections.Immutable;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Queues;
using Xunit;

namespace BuildFarm.Scheduling.Tests;

/// <summary>A large job behaves like a small one. Figures of speed belong to bench/; these find what grows with the queue.</summary>
public sealed class ScaleTests
{
    private const int Tasks = 50_000;

    private readonly SchedulerState _state = new();
    private readonly Scheduler _scheduler = new(new SchedulerOptions());

    [Fact]
    public void Queue_LargeJob_DrainsThroughManyWorkers()
    {
        var running = Fill();
        var finished = 0;
        while (running.TryDequeue(out var worker))
        {
            var desired = _state.DesiredStateFor(worker)!;
            if (desired.Assignments.IsEmpty)
            {
                continue;
            }

            foreach (var effect in Run(new WorkerReported(
                worker, "1", Draining: false, desired.Revision, [.. desired.Assignments.Select(a => Farm.Done(a.Lease, result: new ResultHandle("r")))])))
            {
                finished += effect is TaskChanged { Task.Phase: TaskPhase.Finished } ? 1 : 0;
            }

            running.Enqueue(worker);
        }

        Assert.Equal(Tasks, finished);
        Assert.Empty(_state.Jobs());
    }

    [Fact]
    public void CancelJob_LargeJob_EndsEveryTaskInOneCommand()
    {
        Fill();

        var effects = Run(new CancelJob(new JobId("j"), ""));

        Assert.Equal(Tasks, Assert.Single(effects.OfType<JobFinished>()).Job.Counts.Cancelled);
    }

    [Fact]
    public void Merge_LargeJobOfOneAction_CancelsWithoutAWalk()
    {
        Run(new DeclarePools([new PoolSpec("p", Platform.Empty)]));
        Run(new SubmitJob(new JobId("j"), "", new JobSpec("j", Specs())));
        for (var i = 0; i < Tasks; i++)
        {
            Run(new TaskResolved(new TaskId(new JobId("j"), i), new ActionId("same")));
        }

        Assert.Equal(Tasks, Assert.Single(Run(new CancelJob(new JobId("j"), "")).OfType<JobFinished>()).Job.Counts.Cancelled);
    }

    /// <summary>However many workers had the inputs, few are looked at.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(2_000)]
    public void Place_ManyWorkersHadTheInputs_LooksAtFew(int workers)
    {
        Run(new DeclarePools([new PoolSpec("p", Platform.Empty)]));
        Run(new SubmitJob(new JobId("j"), "", new JobSpec("j", Specs())));
        var task = 0;
        for (var i = 0; i < workers; i++)
        {
            // Each runs something of the shared inputs, and stays busy with it; the next is the only one with room.
            Run(new WorkerLinked(new WorkerId($"w{i}"), "1", new WorkerOffer("p", Platform.Empty, new Resources(1000, 64 * Farm.GiB))));
            Run(Resolved(task++, LocalityKeys.Of(1 + (i % 2), 3)));
        }

        Run(new WorkerLinked(new WorkerId("free"), "1", new WorkerOffer("p", Platform.Empty, new Resources(1000, 64 * Farm.GiB))));
        var before = WorkCount.Looks;
        Run(Resolved(task, LocalityKeys.Of(1, 2, 3)));

        Assert.Equal(task, Assert.Single(_state.DesiredStateFor(new WorkerId("free"))!.Assignments).Task.Index);
        Assert.InRange(WorkCount.Looks - before, 1, 40);
    }

    private static TaskResolved Resolved(int task, LocalityKeys keys) =>
        new(new TaskId(new JobId("j"), task), new ActionId($"a{task}"), Cacheable: false) { Locality = keys };

    private Queue<WorkerId> Fill()
    {
        Run(new DeclarePools([new PoolSpec("p", Platform.Empty)]));
        var workers = new Queue<WorkerId>();
        for (var i = 0; i < 100; i++)
        {
            var worker = new WorkerId($"w{i}");
            workers.Enqueue(worker);
            Run(new WorkerLinked(worker, "1", new WorkerOffer("p", Platform.Empty, new Resources(8000, 64 * Farm.GiB))));
        }

        Run(new SubmitJob(new JobId("j"), "", new JobSpec("j", Specs())));
        for (var i = 0; i < Tasks; i++)
        {
            Run(new TaskResolved(new TaskId(new JobId("j"), i), new ActionId($"a{i}"), Cacheable: false));
        }

        return workers;
    }

    private static ImmutableArray<TaskSpec> Specs() =>
        [.. Enumerable.Range(0, Tasks).Select(i => new TaskSpec($"t{i}") { ExpectedDuration = TimeSpan.FromSeconds(i % 97) })];

    private IReadOnlyList<Effect> Run(Command command) =>
        _scheduler.Execute(_state, command, new SchedulerTime(TimeSpan.FromHours(1), DateTimeOffset.UnixEpoch), static _ => { });
}
