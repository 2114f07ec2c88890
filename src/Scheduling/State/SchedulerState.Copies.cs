using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

public sealed partial class SchedulerState
{
    private void StartCopy(CopyStarted started)
    {
        var execution = ExecutionOf(started.Lease.Execution, started);
        var worker = WorkerOf(started.Worker, started);
        Expect(execution is { Phase: ExecutionPhase.Running, Copy: null }, started, "it does not run alone");
        Expect(started.Lease.Epoch == execution.Epoch + 1, started, $"the next epoch is {execution.Epoch + 1}");
        execution.Copy = Give(execution, worker, started.Lease, started.Charge, started.At);
        worker.Pool.CopiedCpuMillis += started.Charge.CpuMillis;
        Counters = Counters with { CopiesStarted = Counters.CopiesStarted + 1 };
    }

    private void EndCopy(CopyEnded ended)
    {
        var execution = ExecutionOf(ended.Lease.Execution, ended);
        var one = execution.Copy?.Lease == ended.Lease ? execution.Copy : execution.Live;
        Expect(execution.Copy is not null && one?.Lease == ended.Lease, ended, "it is not one of two live leases");
        EndOneOfTwo(execution, one!, WorkerSaidTheEnd(ended.Cause) ? HoldingState.Completed : HoldingState.Ending);
        execution.LastMessage = ended.Message;
        Charge(execution, one!.Worker, ended.Cause, ended.Message);
    }

    /// <summary>The one that is left is the execution's only attempt from now on.</summary>
    private void EndOneOfTwo(ExecutionEntry execution, Holding one, HoldingState rest)
    {
        var copy = execution.Copy!;
        copy.Worker.Pool.CopiedCpuMillis -= copy.Charge.CpuMillis;
        execution.Live = ReferenceEquals(one, copy) ? execution.Live : copy;
        execution.Copy = null;
        Release(one, rest);
    }

    private void SetAlarm(StragglerAlarmSet set)
    {
        var execution = ExecutionOf(set.Execution, set);
        Deadlines.Set(execution.Straggling ??= new Deadline(execution), set.At);
    }
}
