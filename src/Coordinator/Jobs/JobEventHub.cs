using System.Threading.Channels;
using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Effects;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>
/// Tells jobs' watchers what happens, in the order in which the scheduler decided it. It runs beside the loop, because one
/// thing in that order takes time: a result is in the action cache before anyone hears of it.
/// </summary>
public sealed partial class JobEventHub : BackgroundService
{
    /// <summary>Rounds that may wait. A store that is slower than the workers holds the loop back beyond that.</summary>
    private const int Capacity = 4096;

    /// <summary>Entries written at once: they wait for disks and networks, not for processors.</summary>
    private const int StoresAtOnce = 16;

    private readonly Channel<Round> _rounds = Channel.CreateBounded<Round>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly JobTable _table;
    private readonly IJobHistory _history;
    private readonly TaskPresenter _presenter;
    private readonly JobHubParts _parts;
    private readonly ILogger<JobEventHub> _logger;
    private readonly List<JobRecord> _finished = [];
    private AttemptBook _attempts = new();

    /// <summary>Makes a hub that has heard of nothing.</summary>
    public JobEventHub(JobTable table, IJobHistory history, TaskPresenter presenter, JobHubParts parts, ILogger<JobEventHub> logger)
    {
        _table = table;
        _history = history;
        _presenter = presenter;
        _parts = parts;
        _logger = logger;
    }

    /// <summary>Takes a round. Jobs that it accepts can be found when this returns; everything else follows.</summary>
    public ValueTask AcceptAsync(Round round, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(round);
        foreach (var accepted in round.Effects.OfType<JobAccepted>())
        {
            var submitted = round.Facts.OfType<JobSubmitted>().First(fact => string.Equals(fact.JobId, accepted.Job.Value, StringComparison.Ordinal));
            _table.Add(new JobRecord(accepted.Job, submitted.Request, accepted.Spec, accepted.At, _presenter));
            _parts.Metrics.Submitted(accepted.Spec.Tasks.Length);
            LogAccepted(accepted.Job, accepted.Spec.Name, accepted.Spec.Tasks.Length);
        }

        return _rounds.Writer.WriteAsync(round, cancellationToken);
    }

    /// <summary>Brings back, after a replay, a job that has not finished.</summary>
    /// <param name="found">As the state has it, without its tasks.</param>
    /// <param name="tasks">Its tasks, in order.</param>
    /// <param name="sequenceBefore">No smaller than any sequence that the job's watchers were told before.</param>
    public void Restore(ReplayedJob found, IEnumerable<TaskView> tasks, long sequenceBefore)
    {
        ArgumentNullException.ThrowIfNull(found);
        _table.Add(Rebuild(found, tasks, sequenceBefore));
    }

    /// <summary>Goes on with what a replay gave. Comes before the first round.</summary>
    public void Restore(AttemptBook attempts) => _attempts = attempts;

    /// <summary>Brings back, in a replay, a job that ended before the history had it.</summary>
    public FinishedJob Recall(ReplayedJob ended, long sequenceBefore)
    {
        ArgumentNullException.ThrowIfNull(ended);
        var job = Rebuild(ended, ended.View.Tasks, sequenceBefore);
        job.Finish(ended.View.Counts, ended.At.ToTimestamp());
        return job.ToFinished();
    }

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var rounds = new List<Round>();
            while (await _rounds.Reader.WaitToReadAsync(stoppingToken))
            {
                while (_rounds.Reader.TryRead(out var round))
                {
                    rounds.Add(round);
                }

                await TellAsync(rounds, stoppingToken);
                rounds.Clear();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was not told is in the journal.
        }
        catch (Exception e)
        {
            _rounds.Writer.TryComplete(e);
            LogFailed(e);
            _parts.Fatal.Stop($"telling of jobs failed: {e.Message}", beginsAnew: e is JournalException { IsJournalWell: true });
        }
    }

    private async ValueTask TellAsync(List<Round> rounds, CancellationToken cancellationToken)
    {
        var results = new RoundResults(rounds);
        var stores = rounds.SelectMany(round => round.Effects).OfType<StoreAction>();
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = StoresAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(stores, atOnce, (store, _) => StoreAsync(store, results, cancellationToken));
        foreach (var round in rounds)
        {
            foreach (var entry in round.Attempts)
            {
                _attempts.Apply(entry);
            }

            foreach (var effect in round.Effects)
            {
                Tell(effect, results);
            }

            _attempts.ForgetGone();
        }

        // After all changes: a report may end several needs of a task at once, and resolving reads the results of every one.
        foreach (var resolve in rounds.SelectMany(round => round.Effects).OfType<ResolveTask>())
        {
            _parts.Work.Enqueue(resolve);
        }

        await FileAsync(cancellationToken);
        _parts.Filing.Reached(rounds[^1].End);
    }

    private void Tell(Effect effect, RoundResults results)
    {
        switch (effect)
        {
            case TaskChanged changed when _table.Find(changed.Task.Id.Job) is { } job:
                Change(job, changed.Task, results.Find(changed.Task.Result), _attempts.Of(changed.Task.Execution, withTask: changed.Task.Phase == TaskPhase.Finished));
                Count(changed.Task);
                break;
            case JobCancelling cancelling when _table.Find(cancelling.Job) is { } job:
                job.Cancelling(cancelling.Reason, Now());
                break;
            case JobFinished finished when _table.Find(finished.Job.Id) is { } job:
                Finish(job, finished.Job);
                break;
        }
    }

    private ValueTask StoreAsync(StoreAction store, RoundResults results, CancellationToken cancellationToken)
    {
        var result = results.Find(store.Result)?.Result;
        var template = _table.Find(store.Task.Job)?.Spec.Tasks[store.Task.Index];
        return result is null ? ValueTask.CompletedTask : _parts.Storer.StoreAsync(store, result, template, cancellationToken);
    }

    private void Change(JobRecord job, TaskView view, Completion? completion, IReadOnlyList<TaskAttempt> attempts)
    {
        var template = job.Spec.Tasks[view.Id.Index];
        var snapshot = _presenter.Present(view, template, job.Priority, completion);
        snapshot.Attempts.Add(attempts);
        job.Change(view.Id.Index, snapshot, Now());
        if (view is { Phase: TaskPhase.Finished, Origin: Scheduling.ResultOrigin.Executed, Usage: not null })
        {
            _parts.Durations.Record(template, view);
        }
    }

    private void Count(TaskView view)
    {
        if (view.Phase == TaskPhase.Finished)
        {
            _parts.Metrics.Finished(view.Outcome, view.Origin);
        }
    }

    private JobRecord Rebuild(ReplayedJob found, IEnumerable<TaskView> tasks, long sequenceBefore)
    {
        var view = found.View;
        var job = new JobRecord(view.Id, found.Request, view.Spec, view.SubmittedAt, _presenter, sequenceBefore);
        var now = Now();
        foreach (var task in tasks.Where(task => task.Phase != TaskPhase.Waiting))
        {
            if (QueuedTask.Of(task) is { } queued)
            {
                job.Found(task.Id.Index, queued, now);
                continue;
            }

            Change(job, task, task.Result is { } handle ? found.FindResult(handle) : null, found.AttemptsOf(task));
        }

        if (view.Cancelling)
        {
            job.Cancelling(view.CancelReason, Now());
        }

        return job;
    }

    /// <summary>Jobs that finished leave the table once the history has them: whoever looks in this order always finds them.</summary>
    private async ValueTask FileAsync(CancellationToken cancellationToken)
    {
        if (_finished.Count == 0)
        {
            return;
        }

        foreach (var operation in _finished.Where(job => job.IsOperation))
        {
            _parts.Operations.Add(operation);
        }

        var jobs = _finished.Where(job => !job.IsOperation).Select(job => job.ToFinished()).ToList();
        if (jobs.Count > 0)
        {
            await _history.AddAsync(jobs, _parts.Durations.TakeChanged(), cancellationToken);
        }

        foreach (var job in _finished)
        {
            _table.Remove(job.Id);
        }

        _finished.Clear();
    }

    private void Finish(JobRecord job, JobView view)
    {
        job.Finish(view.Counts, Now());
        _finished.Add(job);
        LogFinished(job.Id, job.Spec.Name, view.Counts.Succeeded, view.Counts.Submitted, view.Counts.FromCache);
    }

    private Timestamp Now() => _parts.Time.GetUtcNow().ToTimestamp();

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "job {Job} '{Name}' accepted: {Tasks} tasks")]
    private partial void LogAccepted(JobId job, string name, int tasks);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "job {Job} '{Name}' finished: {Succeeded} of {Submitted} succeeded, {FromCache} from the cache")]
    private partial void LogFinished(JobId job, string name, int succeeded, int submitted, int fromCache);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "telling of jobs failed")]
    private partial void LogFailed(Exception exception);
}
