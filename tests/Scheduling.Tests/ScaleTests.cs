using System.Collections.Immutable;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
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
