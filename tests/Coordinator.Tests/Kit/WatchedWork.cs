using System.Collections.Concurrent;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Resolving;
using BuildFarm.Scheduling.Effects;

namespace BuildFarm.Coordinator.Tests.Kit;

/// <summary>The coordinator's own work, with a look at what the tasks that are to be resolved have of their needs.</summary>
internal sealed class WatchedWork(ActionWork work, JobTable jobs) : IActionWork
{
    /// <summary>For each task handed over: its name, and how many of its needs had no result then.</summary>
    public ConcurrentQueue<(string Task, int WithoutResult)> Resolved { get; } = new();

    public void Enqueue(Effect effect)
    {
        if (effect is ResolveTask resolve && jobs.Find(resolve.Task.Job) is { } job)
        {
            var task = job.Spec.Tasks[resolve.Task.Index];
            Resolved.Enqueue((task.Name, task.Needs.Count(need => job.TaskAt(job.IndexOf(need)).Result is null)));
        }

        work.Enqueue(effect);
    }
}
