using BuildFarm.Coordinator.Jobs;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.Journal;

/// <summary>The attempts in a replay: a book of what has not ended, and of each unfinished job what its ended tasks had.</summary>
internal sealed class ReplayedAttempts(SchedulerState state)
{
    private readonly Dictionary<JobId, Dictionary<int, IReadOnlyList<TaskAttempt>>> _ended = [];

    public AttemptBook Book { get; } = new();

    /// <summary>Takes a record before the state does.</summary>
    public void Apply(JournalEntry entry)
    {
        if (AttemptBook.Takes(entry))
        {
            Book.Apply(entry);
        }

        switch ((object?)entry.Fact ?? entry.Change)
        {
            case AttemptsNoted { Task: { } task } noted:
                Keep(task, noted.Attempts);
                break;
            case ExecutionFinished finished when Book.Of(finished.Execution, withTask: true) is [_, ..] attempts:
                foreach (var task in state.WaitersOf(finished.Execution))
                {
                    Keep(task, attempts);
                }

                break;
            case TaskFinished finished when Book.Of(state.FindTask(finished.Task)?.Execution, withTask: true) is [_, ..] attempts:
                Keep(finished.Task, attempts);
                break;
        }

        Book.ForgetGone();
    }

    public IReadOnlyList<TaskAttempt> Of(TaskView task) => task.Phase == TaskPhase.Finished
        ? _ended.GetValueOrDefault(task.Id.Job)?.GetValueOrDefault(task.Id.Index) ?? []
        : Book.Of(task.Execution, withTask: false);

    /// <summary>A job leaves the state; the attempts of its tasks that had any, by their places.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<TaskAttempt>> Release(JobId job) => _ended.Remove(job, out var tasks) ? tasks : [];

    public IEnumerable<JournalFact> Snapshot() => Book.Snapshot().Concat(
        from job in _ended
        from task in job.Value
        select new AttemptsNoted(default, new TaskId(job.Key, task.Key), task.Value));

    private void Keep(TaskId task, IReadOnlyList<TaskAttempt> attempts)
    {
        if (!_ended.TryGetValue(task.Job, out var tasks))
        {
            _ended.Add(task.Job, tasks = []);
        }

        tasks[task.Index] = attempts;
    }
}
