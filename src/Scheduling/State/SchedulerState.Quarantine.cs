using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

/// <content>What goes wrong, on which worker, and what follows for it.</content>
public sealed partial class SchedulerState
{
    private void Confine(WorkerQuarantined quarantined)
    {
        var worker = WorkerOf(quarantined.Worker, quarantined);
        Expect(!worker.IsQuarantined, quarantined, "it is in quarantine already");
        worker.Conduct.Confine(quarantined);
        ClearReservation(worker);
    }

    private void Release(WorkerReleased released)
    {
        var worker = WorkerOf(released.Worker, released);
        Expect(worker.IsQuarantined, released, "it is in no quarantine");
        worker.Conduct.Release(released.OnProbation);
        Deadlines.Clear(worker.Conduct.Alarm);
    }

    private void SetAlarm(QuarantineAlarmSet set) => Deadlines.Set(WorkerOf(set.Worker, set).Conduct.Alarm, set.At);

    /// <summary>An attempt ended without a result: whom it is charged to, and what the execution keeps away from.</summary>
    private void Charge(ExecutionEntry execution, WorkerEntry worker, RequeueCause cause, string message)
    {
        switch (cause)
        {
            case RequeueCause.WorkerLost:
                execution.SetbacksToChange().Lost(worker.Id);
                LoseToInfrastructure(execution, worker);
                break;
            case RequeueCause.Infrastructure:
                worker.Conduct.Fail(execution.Id, message);
                LoseToInfrastructure(execution, worker);
                break;
            case RequeueCause.Missing or RequeueCause.WorkerAway:
                LoseToInfrastructure(execution, worker);
                break;
            case RequeueCause.InputsMissing:
                execution.InfrastructureLosses++;
                Counters = Counters with { AttemptsLost = Counters.AttemptsLost + 1 };
                break;
            case RequeueCause.TaskRetry:
                execution.TaskFailures++;
                execution.SetbacksToChange().Failed(worker.Id, worker.Conduct.Era);
                execution.Avoid = Queues.AvoidSet.With(execution.Avoid, worker.Id);
                break;
            default:
                break;
        }
    }

    private void LoseToInfrastructure(ExecutionEntry execution, WorkerEntry worker)
    {
        execution.InfrastructureLosses++;
        execution.Avoid = Queues.AvoidSet.With(execution.Avoid, worker.Id);
        Counters = Counters with { AttemptsLost = Counters.AttemptsLost + 1 };
    }

    /// <summary>
    /// A success speaks for its worker, and against those where the same execution failed and which have succeeded at nothing since.
    /// </summary>
    private void Credit(ExecutionEntry execution, WorkerEntry succeeded)
    {
        succeeded.Conduct.Succeed();
        foreach (var failure in execution.Setbacks?.Failures ?? [])
        {
            if (failure.Worker != succeeded.Id
                && WorkersById.TryGetValue(failure.Worker, out var failed)
                && failed.Conduct.Era == failure.Era)
            {
                failed.Conduct.Fail(execution.Id, $"failed what then succeeded on worker {succeeded.Id}");
            }
        }
    }

    /// <summary>An execution gets more memory for its further attempts. It must be in no queue.</summary>
    private void Enlarge(ExecutionEntry execution, Resources had, long memoryBytes)
    {
        execution.SetbacksToChange().MemoryBefore = had.MemoryBytes;
        var (platform, asked) = (execution.Shape.Platform, execution.Shape.Asked);
        var larger = ShapeOf(platform, asked with { MemoryBytes = memoryBytes }, execution.Shape.OfChildren);
        larger.References++;
        DropReference(execution.Shape);
        execution.Shape = larger;
    }
}
