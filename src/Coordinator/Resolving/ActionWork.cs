using System.Threading.Channels;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Decorators;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Coordinator.Why;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.V1;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator.Resolving;

/// <summary>
/// Makes actions and looks them up, a few at a time, beside the loop; what comes out goes back as commands. It never ends
/// because of one task: whatever goes wrong is that task's answer.
/// </summary>
public sealed partial class ActionWork(
    CoordinatorOptions options,
    JobTable jobs,
    TaskResolver resolver,
    ActionLookUp lookUp,
    InstanceEnvironments environments,
    ActionRecorder recorder,
    SchedulerQueue queue,
    ILogger<ActionWork> logger,
    RemoteOutage? outage = null) : BackgroundService, IActionWork
{
    // One entry at most for each unfinished task, and the scheduler bounds those. A bound here could make the loop wait for
    // this work while this work waits for the loop.
    private readonly Channel<Effect> _queue = Channel.CreateUnbounded<Effect>();

    /// <inheritdoc />
    public void Enqueue(Effect effect) => _queue.Writer.TryWrite(effect);

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await System.Threading.Tasks.Task.WhenAll(Enumerable.Range(0, options.ResolverConcurrency).Select(_ => ConsumeAsync(stoppingToken)));
        }
        catch (Exception e) when (e is LoopStoppedException or OperationCanceledException)
        {
            // Nobody is left to answer; the next coordinator asks again.
        }
    }

    private async System.Threading.Tasks.Task ConsumeAsync(CancellationToken stoppingToken)
    {
        await foreach (var effect in _queue.Reader.ReadAllAsync(stoppingToken))
        {
            switch (effect)
            {
                case ResolveTask resolve:
                    await ResolveAsync(resolve.Task, stoppingToken);
                    break;
                case LookUpAction wanted:
                    await LookUpAsync(wanted, stoppingToken);
                    break;
            }
        }
    }

    private async ValueTask ResolveAsync(TaskId task, CancellationToken cancellationToken)
    {
        if (jobs.Find(task.Job) is not { } job)
        {
            // The job ended meanwhile and the scheduler wants no answer any more.
            return;
        }

        ResolvedAction action;
        try
        {
            action = await ResolveAsync(job, task.Index, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            var outcome = TaskResolver.IsTheTasksFault(e) ? Scheduling.Outcome.Failure : Scheduling.Outcome.Infrastructure;
            LogUnresolvable(job.Id, job.Spec.Tasks[task.Index].Name, e.Message);
            await queue.PostAsync(new TaskUnresolvable(task, outcome, e.Message.ReplaceLineEndings(" ")), cancellationToken);
            return;
        }

        if (environments.TryGet(job.InstanceName) is { } environment)
        {
            await AnswerAsync(task, job, action, environment, cancellationToken);
        }
        else
        {
            // Without a worker nothing is known of what tasks see. Waiting costs no place among those who work.
            _ = AnswerOnceKnownAsync(task, job, action, cancellationToken);
        }
    }

    /// <summary>A cache that restarts is no reason to fail a task.</summary>
    private ValueTask<ResolvedAction> ResolveAsync(JobRecord job, int index, CancellationToken cancellationToken)
    {
        ValueTask<ResolvedAction> Resolve() => resolver.ResolveAsync(job, index, cancellationToken);
        return outage is null ? Resolve() : new(outage.OutlastAsync($"task {job.Spec.Tasks[index].Name} of run {job.Id}", Resolve, cancellationToken));
    }

    private async System.Threading.Tasks.Task AnswerOnceKnownAsync(TaskId task, JobRecord job, ResolvedAction action, CancellationToken cancellationToken)
    {
        try
        {
            var environment = await environments.GetAsync(job.InstanceName, cancellationToken);
            await AnswerAsync(task, job, action, environment, cancellationToken);
        }
        catch (Exception e) when (e is LoopStoppedException or OperationCanceledException)
        {
            // As above.
        }
    }

    private ValueTask AnswerAsync(TaskId task, JobRecord job, ResolvedAction action, string environment, CancellationToken cancellationToken)
    {
        var key = new ActionKey(job.InstanceName, environment, action.Digest);
        if (!action.Cacheable || job.Spec.Tasks[task.Index].SkipCacheLookup)
        {
            recorder.Note(job, task.Index, key);
        }

        return queue.PostAsync(new TaskResolved(task, key.ToId(), action.Cacheable) { Locality = action.Locality }, cancellationToken);
    }

    private async ValueTask LookUpAsync(LookUpAction wanted, CancellationToken cancellationToken)
    {
        var job = jobs.Find(wanted.Task.Job);
        var key = wanted.Action.ToKey();
        if (await lookUp.FindAsync(key, job?.Spec.Tasks[wanted.Task.Index], cancellationToken) is not { } result)
        {
            if (job is not null)
            {
                recorder.Note(job, wanted.Task.Index, key);
            }

            await queue.PostAsync(new ActionLookedUp(wanted.Execution, Hit: null), cancellationToken);
            return;
        }

        var handle = new ResultHandle($"hit of {wanted.Execution}");
        var completion = new Completion { Outcome = V1.Outcome.Success, ExitCode = result.ExitCode, Result = result };
        await queue.PostAsync(new ActionLookedUp(wanted.Execution, handle), [new ResultReceived(handle.Key, completion)], cancellationToken);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "job {Job}: task {Task} cannot be resolved: {Reason}")]
    private partial void LogUnresolvable(JobId job, string task, string reason);
}
