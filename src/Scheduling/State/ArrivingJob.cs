using System.Runtime.InteropServices;
using BuildFarm.Scheduling.Events;

namespace BuildFarm.Scheduling.State;

/// <summary>A job of a snapshot whose tasks are still coming.</summary>
internal sealed class ArrivingJob(JobRestored header)
{
    private readonly TaskSpec[] _specs = new TaskSpec[header.TasksToFollow];
    private readonly RestoredTask[] _tasks = new RestoredTask[header.TasksToFollow];
    private int _arrived;

    /// <summary>Takes the next tasks.</summary>
    /// <returns>False when they are not the next.</returns>
    public bool TryAdd(TasksRestored part)
    {
        if (part.Job != header.Job || part.First != _arrived || part.Specs.Length != part.Tasks.Length || part.Specs.Length > _specs.Length - _arrived)
        {
            return false;
        }

        part.Specs.CopyTo(_specs, _arrived);
        part.Tasks.CopyTo(_tasks, _arrived);
        _arrived += part.Specs.Length;
        return true;
    }

    /// <summary>The job in one piece; null while tasks are missing.</summary>
    public JobRestored? Whole => _arrived < _specs.Length ? null : header with
    {
        Spec = header.Spec with { Tasks = ImmutableCollectionsMarshal.AsImmutableArray(_specs) },
        Tasks = ImmutableCollectionsMarshal.AsImmutableArray(_tasks),
        TasksToFollow = 0,
    };
}
