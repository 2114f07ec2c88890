using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>What must be true of a journal as a whole, whatever the state says.</summary>
internal sealed class JournalAuditor(SchedulerOptions options)
{
    private readonly HashSet<ExecutionId> _ended = [];
    private readonly HashSet<TaskId> _finished = [];
    private readonly Dictionary<ExecutionId, long> _epochs = [];
    private readonly Dictionary<ExecutionId, List<TaskId>> _waiters = [];
    private readonly Dictionary<TaskId, ExecutionId> _executions = [];
    private readonly Dictionary<JobId, JobSpec> _jobs = [];
    private readonly Dictionary<ExecutionId, int> _retries = [];
    private readonly Dictionary<ExecutionId, int> _failures = [];
    private readonly Dictionary<ExecutionId, int> _losses = [];
    private readonly Dictionary<ExecutionId, List<Lease>> _live = [];
    private readonly HashSet<(Lease Lease, ResultHandle Result)> _successes = [];
    private readonly Dictionary<ExecutionId, AttemptStarted> _newest = [];
    private readonly Dictionary<Lease, WorkerId> _workers = [];
    private readonly Dictionary<ExecutionId, HashSet<WorkerId>> _killed = [];
    private readonly Dictionary<ExecutionId, long> _alone = [];
    private readonly Dictionary<ExecutionId, AttemptStarted> _outOfMemory = [];
    private readonly Dictionary<JobId, int> _began = [];
    private int _attempts;
    private int _accepted;
    private int _jobsEnded;

    /// <summary>An entry of the action cache is a success that the journal has, under a lease that was live.</summary>
    public void CheckStored(StoreAction store) =>
        Must.Hold(_successes.Contains((store.Lease, store.Result)), $"{store.Lease} is stored, and is no success in the journal");

    public void Add(Event change)
    {
        _attempts += change is AttemptStarted or CopyStarted ? 1 : 0;
        _accepted += change is ExecutionFinished { Origin: ResultOrigin.Executed } ? 1 : 0;
        _jobsEnded += change is JobEnded ? 1 : 0;
        switch (change)
        {
            case JobBegan began:
                Must.Hold(_jobs.TryAdd(began.Job, began.Spec), $"job {began.Job} began twice");
                _began.Add(began.Job, _began.Count);
                break;
            case ExecutionCreated created:
                _retries[created.Execution] = _jobs[created.Task.Job].Tasks[created.Task.Index].Retries;
                _waiters[created.Execution] = [created.Task];
                _executions[created.Task] = created.Execution;
                break;
            case TaskMerged merged:
                Must.Hold(SpecOf(merged.Task).Cacheable, $"{merged.Task} must run every time, and merged into {merged.Execution}");
                _waiters[merged.Execution].Add(merged.Task);
                _executions[merged.Task] = merged.Execution;
                break;
            case AttemptStarted started:
                CheckMemory(started);
                _newest[started.Lease.Execution] = started;
                _workers[started.Lease] = started.Worker;
                Assert.DoesNotContain(started.Lease.Execution, _ended);
                Assert.Equal(_epochs.GetValueOrDefault(started.Lease.Execution) + 1, started.Lease.Epoch);
                _epochs[started.Lease.Execution] = started.Lease.Epoch;
                Assert.Empty(LiveOf(started.Lease.Execution));
                LiveOf(started.Lease.Execution).Add(started.Lease);
                break;
            case CopyStarted copied:
                _workers[copied.Lease] = copied.Worker;
                Assert.Single(LiveOf(copied.Lease.Execution));
                Assert.Equal(_epochs[copied.Lease.Execution] + 1, copied.Lease.Epoch);
                _epochs[copied.Lease.Execution] = copied.Lease.Epoch;
                LiveOf(copied.Lease.Execution).Add(copied.Lease);
                break;
            case CopyEnded ended:
                Assert.Equal(2, LiveOf(ended.Lease.Execution).Count);
                Must.Hold(LiveOf(ended.Lease.Execution).Remove(ended.Lease), $"{ended.Lease} ended and was not live");
                Count(ended.Lease.Execution, ended.Cause);
                Suspect(ended.Lease, ended.Cause, alone: false);
                break;
            case AttemptRequeued requeued:
                Assert.Equal([requeued.Lease], LiveOf(requeued.Lease.Execution));
                LiveOf(requeued.Lease.Execution).Clear();
                Count(requeued.Lease.Execution, requeued.Cause);
                Suspect(requeued.Lease, requeued.Cause, requeued.Alone);
                break;
            case JobCancelRequested requested when requested.Reason.StartsWith("superseded by job ", StringComparison.Ordinal):
                CheckSuperseded(requested.Job, new JobId(requested.Reason.Split(' ')[3]));
                break;
            case ExecutionAbandoned abandoned:
                _live.Remove(abandoned.Execution);
                Must.Hold(_ended.Add(abandoned.Execution), $"{abandoned.Execution} ended twice");
                break;
            case ExecutionFinished finished:
                Must.Hold(_ended.Add(finished.Execution), $"{finished.Execution} ended twice");
                Must.Hold(
                    finished.Origin != ResultOrigin.ActionCache || !_waiters[finished.Execution].Exists(task => SpecOf(task) is { SkipLookUp: true } or { Cacheable: false }),
                    $"{finished.Execution} ended by an older run though a task asked for one");
                CheckLease(finished);
                CheckBudgets(finished);
                foreach (var task in _waiters[finished.Execution])
                {
                    Finish(task);
                }

                break;
            case TaskFinished finished:
                if (_executions.TryGetValue(finished.Task, out var execution))
                {
                    _waiters[execution].Remove(finished.Task);
                }

                Finish(finished.Task);
                break;
        }
    }

    /// <summary>What the state counts is what happened.</summary>
    public void Check(SchedulerState state)
    {
        var counters = state.Counters;
        Must.Hold(
            (counters.JobsAccepted, counters.JobsFinished) == (_jobs.Count, _jobsEnded) && (counters.AttemptsStarted, counters.CompletionsAccepted) == (_attempts, _accepted),
            $"{_jobs.Count} jobs began, {_jobsEnded} ended, {_attempts} attempts started, {_accepted} completions were taken: {counters}");
        foreach (var execution in state.Executions.Values)
        {
            var counted = (execution.InfrastructureLosses, execution.TaskFailures);
            var happened = (_losses.GetValueOrDefault(execution.Id), _failures.GetValueOrDefault(execution.Id));
            Must.Hold(counted == happened, $"{execution.Id} was lost and failed {happened} times, and counts {counted}");
        }
    }

    private TaskSpec SpecOf(TaskId task) => _jobs[task.Job].Tasks[task.Index];

    private List<Lease> LiveOf(ExecutionId execution)
    {
        if (!_live.TryGetValue(execution, out var live))
        {
            _live.Add(execution, live = []);
        }

        return live;
    }

    private void Count(ExecutionId execution, RequeueCause cause)
    {
        switch (cause)
        {
            case RequeueCause.TaskRetry:
                _failures[execution] = _failures.GetValueOrDefault(execution) + 1;
                Must.Hold(_failures[execution] <= _retries[execution], $"{execution} is tried again after its last retry");
                break;
            case RequeueCause.OutOfMemory:
                Must.Hold(_outOfMemory.TryAdd(execution, _newest[execution]), $"{execution} got more memory twice");
                break;
            case RequeueCause.WorkerLost or RequeueCause.Infrastructure or RequeueCause.Missing or RequeueCause.WorkerAway or RequeueCause.InputsMissing:
                _losses[execution] = _losses.GetValueOrDefault(execution) + 1;
                Must.Hold(_losses[execution] <= options.InfrastructureBudget, $"{execution} was lost {_losses[execution]} times");
                break;
            default:
                break;
        }
    }

    private void CheckLease(ExecutionFinished finished)
    {
        var lease = new Lease(finished.Execution, finished.Epoch);
        var live = LiveOf(finished.Execution);
        Must.Hold(
            finished.Origin == ResultOrigin.Executed ? live.Contains(lease) : live.Count == 0,
            $"{finished.Execution} finished by {finished.Origin} under epoch {finished.Epoch} with {string.Join(' ', live)} live");
        _live.Remove(finished.Execution);
        if (finished is { Origin: ResultOrigin.Executed, Outcome: Outcome.Success, ExitCode: 0, Result: { } result })
        {
            _successes.Add((lease, result));
        }
    }

    private void CheckBudgets(ExecutionFinished finished)
    {
        var execution = finished.Execution;
        if (finished is { Origin: ResultOrigin.Executed, Outcome: Outcome.Failure or Outcome.Timeout })
        {
            Must.Hold(_failures.GetValueOrDefault(execution) == _retries[execution], $"{execution} failed with retries left");
        }

        var killed = _killed.GetValueOrDefault(execution)?.Count ?? 0;
        if (finished.Outcome == Outcome.Infrastructure)
        {
            Must.Hold(
                _losses.GetValueOrDefault(execution) == options.InfrastructureBudget || killed == options.TaskQuarantineWorkers,
                $"{execution} was given up after {_losses.GetValueOrDefault(execution)} losses");
        }

        if (finished.Message.StartsWith("in quarantine", StringComparison.Ordinal))
        {
            Must.Hold(killed == options.TaskQuarantineWorkers, $"{execution} is in quarantine for {killed} workers");
            Assert.All(_killed[execution], worker => Assert.Contains(worker.Value, finished.Message, StringComparison.Ordinal));
            Must.Hold(
                killed == 1 || (_alone.TryGetValue(execution, out var since) && since < _epochs[execution]),
                $"{execution} is in quarantine, and was never alone on a worker");
        }
    }

    private void Suspect(Lease lease, RequeueCause cause, bool alone)
    {
        var execution = lease.Execution;
        if (alone)
        {
            _alone.TryAdd(execution, lease.Epoch);
        }

        if (cause == RequeueCause.WorkerLost)
        {
            _killed.TryAdd(execution, []);
            _killed[execution].Add(_workers[lease]);
            Must.Hold(_killed[execution].Count <= options.TaskQuarantineWorkers, $"{execution} killed {_killed[execution].Count} workers");
        }
    }

    private void CheckMemory(AttemptStarted started)
    {
        if (_outOfMemory.TryGetValue(started.Lease.Execution, out var before))
        {
            Must.Hold(
                started.Charge.MemoryBytes > before.Charge.MemoryBytes,
                $"{started.Lease} gets {started.Charge.MemoryBytes} bytes, and {before.Charge.MemoryBytes} were too few");
        }
    }

    private void CheckSuperseded(JobId older, JobId newer) =>
        Must.Hold(_began[older] < _began[newer], $"job {older} is superseded by {newer}, which is older");

    private void Finish(TaskId task) => Must.Hold(_finished.Add(task), $"task {task} finished twice");
}
