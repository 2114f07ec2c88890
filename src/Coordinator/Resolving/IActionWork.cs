using BuildFarm.Scheduling.Effects;

namespace BuildFarm.Coordinator.Resolving;

/// <summary>Takes the work of making actions and looking them up, which goes on beside the loop.</summary>
public interface IActionWork
{
    /// <summary>
    /// Takes a ResolveTask or a LookUpAction; never waits. The results of what the task of a ResolveTask needs are in its
    /// <see cref="Jobs.JobRecord"/> before.
    /// </summary>
    void Enqueue(Effect effect);
}
