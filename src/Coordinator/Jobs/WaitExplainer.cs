using BuildFarm.BlobStore.Actions;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Coordinator.Workers;
using BuildFarm.Scheduling;
using BuildFarm.V1;
using Job = BuildFarm.V1.Job;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>Answers "why am I waiting?" in the messages of a job's tasks, from the scheduler's state as it is now.</summary>
public sealed class WaitExplainer(SchedulerQueue queue, InstanceEnvironments environments, WorkerFacts facts)
{
    /// <summary>Tasks that are explained in one call: enough for a person, and soon done for the loop.</summary>
    private const int MostExplained = 100;

    /// <summary>The one wait that the scheduler does not know of: nothing says yet under what environment an action is to be looked up.</summary>
    private const string NoEnvironment = "waits for the first worker: until one has told what tasks see on it, no result can be found or kept";

    /// <summary>The job with its tasks; the first of those that something holds up say what.</summary>
    /// <param name="record">The job.</param>
    /// <param name="only">The one task to explain; empty: the first of all.</param>
    /// <param name="cancellationToken">Ends the wait for the loop.</param>
    public async Task<Job> ExplainAsync(JobRecord record, string only, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(only);
        var job = record.ToJob(withTasks: true);
        if (only.Length > 0 && record.FindIndex(only) is { } asked)
        {
            AddRunning(job, asked);
        }

        var waiting = job.Tasks.Index()
            .Where(task => task.Item.State != TaskState.Finished && (only.Length == 0 || string.Equals(task.Item.Name, only, StringComparison.Ordinal)))
            .Select(task => task.Index)
            .Take(MostExplained)
            .ToList();
        if (waiting.Count == 0)
        {
            return job;
        }

        try
        {
            var waits = await queue.QueryAsync(
                state => waiting.ConvertAll(index => state.WaitOf(new TaskId(record.Id, index))), cancellationToken);
            foreach (var (index, wait) in waiting.Zip(waits))
            {
                if (wait is { Reason: not WaitReason.None, Text: var text })
                {
                    // A copy: watchers share the snapshot.
                    job.Tasks[index] = new V1.Task(job.Tasks[index]) { Message = wait.Value.Reason == WaitReason.Resolving && environments.TryGet(record.InstanceName) is null ? NoEnvironment : text };
                }
            }
        }
        catch (LoopStoppedException)
        {
            // The job as it was is still an answer.
        }

        return job;
    }

    /// <summary>Who runs it now.</summary>
    private void AddRunning(Job job, int index)
    {
        if (job.Tasks[index] is not { State: TaskState.Running } task)
        {
            return;
        }

        var running = new TaskAttempt { Number = task.Attempt, Worker = task.Worker, StartedAt = task.StartedAt };
        running.RanOn = facts.Find(task.Worker) is { } offer ? WorkerMessages.FactsOf(offer) : null;
        job.Tasks[index] = new V1.Task(task) { Attempts = { running } };
    }
}
