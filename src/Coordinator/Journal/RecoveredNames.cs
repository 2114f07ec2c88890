using BuildFarm.BlobStore.Actions;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Journal;

/// <summary>Names that a journal has given and that must stay: its executions', and its instances' environments.</summary>
public sealed class RecoveredNames(ExecutionNames executions, InstanceEnvironments environments, IIdSource ids)
{
    /// <summary>A name for a new journal.</summary>
    public string Choose() => ExecutionNames.Choose(ids);

    /// <summary>Executions are called by this journal's name.</summary>
    public void Use(string journalName) => executions.Use(journalName);

    /// <summary>
    /// The environments that a job's actions were made for. A worker with another root may not run them: their results would be
    /// kept under the wrong key.
    /// </summary>
    public void UseEnvironments(IEnumerable<TaskView> tasks)
    {
        // All of a job are of one instance, which has one environment.
        if (tasks.FirstOrDefault(task => task is { Phase: not TaskPhase.Finished, Action: not null })?.Action is { } action)
        {
            var key = action.ToKey();
            environments.Announce(key.InstanceName, key.Environment);
        }
    }
}
