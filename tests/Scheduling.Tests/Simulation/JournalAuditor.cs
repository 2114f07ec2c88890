using BuildFarm.Scheduling.Events;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>What must be true of a journal as a whole, whatever the state says.</summary>
internal sealed class JournalAuditor
{
    private readonly HashSet<ExecutionId> _ended = [];
    private readonly HashSet<TaskId> _finished = [];
    private readonly Dictionary<ExecutionId, long> _epochs = [];
    private readonly Dictionary<ExecutionId, List<TaskId>> _waiters = [];
    private readonly Dictionary<TaskId, ExecutionId> _executions = [];

    public void Add(Event change)
    {
        switch (change)
        {
            case ExecutionCreated created:
                _waiters[created.Execution] = [created.Task];
                _executions[created.Task] = created.Execution;
                break;
            case TaskMerged merged:
                _waiters[merged.Execution].Add(merged.Task);
                _executions[merged.Task] = merged.Execution;
                break;
            case AttemptStarted started:
                Assert.DoesNotContain(started.Lease.Execution, _ended);
                Assert.Equal(_epochs.GetValueOrDefault(started.Lease.Execution) + 1, started.Lease.Epoch);
                _epochs[started.Lease.Execution] = started.Lease.Epoch;
                break;
            case ExecutionAbandoned abandoned:
                Assert.True(_ended.Add(abandoned.Execution), $"{abandoned.Execution} ended twice");
                break;
            case ExecutionFinished finished:
                Assert.True(_ended.Add(finished.Execution), $"{finished.Execution} ended twice");
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

    private void Finish(TaskId task) => Assert.True(_finished.Add(task), $"task {task} finished twice");
}
