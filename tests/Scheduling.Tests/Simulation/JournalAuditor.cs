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
    private readonly Dictionary<ExecutionId, List<long>> _live = [];
    private readonly Dictionary<ExecutionId, AttemptStarted> _newest = [];
    private readonly Dictionary<Lease, WorkerId> _workers = [];
    private readonly Dictionary<ExecutionId, HashSet<WorkerId>> _killed = [];
    private readonly Dictionary<ExecutionId, long> _alone = [];
    private readonly Dictionary<ExecutionId, AttemptStarted> _outOfMemory = [];
    private readonly Dictionary<JobId, int> _began = [];

    public void Add(Event change)
    {
        switch (change)
        {
            case JobBegan began:
                Assert.True(_jobs.TryAdd(began.Job, began.Spec), $"job {began.Job} began twice");
                _began.Add(began.Job, _began.Count);
                break;
            case ExecutionCreated created:
                _retries[created.Execution] = _jobs[created.Task.Job].Tasks[created.Task.Index].Retries;
                _waiters[created.Execution] = [created.Task];
                _executions[created.Task] = created.Execution;
                break;
            case TaskMerged merged:
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
                Assert.Empty(_live.TryAdd(started.Lease.Execution, []) ? [] : _live[started.Lease.Execution]);
                _live[started.Lease.Execution].Add(started.Lease.Epoch);
                break;
            case CopyStarted copied:
                _workers[copied.Lease] = copied.Worker;
                Assert.Single(_live[copied.Lease.Execution]);
                Assert.Equal(_epochs[copied.Lease.Execution] + 1, copied.Lease.Epoch);
                _epochs[copied.Lease.Execution] = copied.Lease.Epoch;
                _live[copied.Lease.Execution].Add(copied.Lease.Epoch);
                break;
            case CopyEnded ended:
                Assert.Equal(2, _live[ended.Lease.Execution].Count);
                Assert.True(_live[ended.Lease.Execution].Remove(ended.Lease.Epoch), $"{ended.Lease} ended and was not live");
                Count(ended.Lease.Execution, ended.Cause);
                Suspect(ended.Lease, ended.Cause, alone: false);
                break;
            case AttemptRequeued requeued:
                Assert.Equal([requeued.Lease.Epoch], _live[requeued.Lease.Execution]);
                _live[requeued.Lease.Execution].Clear();
                Count(requeued.Lease.Execution, requeued.Cause);
                Suspect(requeued.Lease, requeued.Cause, requeued.Alone);
                break;
            case JobCancelRequested requested when requested.Reason.StartsWith("superseded by job ", StringComparison.Ordinal):
                CheckSuperseded(requested.Job, new JobId(requested.Reason.Split(' ')[3]));
                break;
            case ExecutionAbandoned abandoned:
                Assert.True(_ended.Add(abandoned.Execution), $"{abandoned.Execution} ended twice");
                break;
            case ExecutionFinished finished:
                Assert.True(_ended.Add(finished.Execution), $"{finished.Execution} ended twice");
                CheckBudgets(finished);
                Assert.True(
                    finished.Origin != ResultOrigin.Executed || _live[finished.Execution].Contains(finished.Epoch),
                    $"the result of {finished.Execution} came under epoch {finished.Epoch}, which was not live");
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
        foreach (var execution in state.Executions.Values)
        {
            var counted = (execution.InfrastructureLosses, execution.TaskFailures);
            var happened = (_losses.GetValueOrDefault(execution.Id), _failures.GetValueOrDefault(execution.Id));
            Assert.True(counted == happened, $"{execution.Id} was lost and failed {happened} times, and counts {counted}");
        }
    }

    private void Count(ExecutionId execution, RequeueCause cause)
    {
        switch (cause)
        {
            case RequeueCause.TaskRetry:
                _failures[execution] = _failures.GetValueOrDefault(execution) + 1;
                Assert.True(_failures[execution] <= _retries[execution], $"{execution} is tried again after its last retry");
                break;
            case RequeueCause.OutOfMemory:
                Assert.True(_outOfMemory.TryAdd(execution, _newest[execution]), $"{execution} got more memory twice");
                break;
            case RequeueCause.WorkerLost or RequeueCause.Infrastructure or RequeueCause.Missing or RequeueCause.WorkerAway or RequeueCause.InputsMissing:
                _losses[execution] = _losses.GetValueOrDefault(execution) + 1;
                Assert.True(_losses[execution] <= options.InfrastructureBudget, $"{execution} was lost {_losses[execution]} times");
                break;
            default:
                break;
        }
    }

    private void CheckBudgets(ExecutionFinished finished)
    {
        var execution = finished.Execution;
        if (finished is { Origin: ResultOrigin.Executed, Outcome: Outcome.Failure or Outcome.Timeout })
        {
            Assert.True(_failures.GetValueOrDefault(execution) == _retries[execution], $"{execution} failed with retries left");
        }

        var killed = _killed.GetValueOrDefault(execution)?.Count ?? 0;
        if (finished.Outcome == Outcome.Infrastructure)
        {
            Assert.True(
                _losses.GetValueOrDefault(execution) == options.InfrastructureBudget || killed == options.TaskQuarantineWorkers,
                $"{execution} was given up after {_losses.GetValueOrDefault(execution)} losses");
        }

        if (finished.Message.StartsWith("in quarantine", StringComparison.Ordinal))
        {
            Assert.True(killed == options.TaskQuarantineWorkers, $"{execution} is in quarantine for {killed} workers");
            Assert.All(_killed[execution], worker => Assert.Contains(worker.Value, finished.Message, StringComparison.Ordinal));
            Assert.True(
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
            Assert.True(_killed[execution].Count <= options.TaskQuarantineWorkers, $"{execution} killed {_killed[execution].Count} workers");
        }
    }

    private void CheckMemory(AttemptStarted started)
    {
        if (_outOfMemory.TryGetValue(started.Lease.Execution, out var before))
        {
            Assert.True(
                started.Charge.MemoryBytes > before.Charge.MemoryBytes,
                $"{started.Lease} gets {started.Charge.MemoryBytes} bytes, and {before.Charge.MemoryBytes} were too few");
        }
    }

    private void CheckSuperseded(JobId older, JobId newer) =>
        Assert.True(_began[older] < _began[newer], $"job {older} is superseded by {newer}, which is older");

    private void Finish(TaskId task) => Assert.True(_finished.Add(task), $"task {task} finished twice");
}
