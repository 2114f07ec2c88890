using System.Globalization;
using System.Text;
using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

/// <summary>
/// A state as canonical text: two states are equal when their texts are. Leaves out what a restart may forget (deadlines, when a
/// worker was heard, how far an attempt is) and what is only a way to find things (heaps, hints).
/// </summary>
public static class StateFingerprint
{
    /// <summary>The text; many lines, for comparing and for people who compare.</summary>
    public static string Describe(SchedulerState state)
    {
        var text = new StringBuilder();
        Line(text, $"counters {state.Counters with { CompletionsRefused = 0 }}");
        Line(text, $"next {state.NextExecution} unfinished {state.UnfinishedTasks} revisions={state.RevisionFloor}");
        foreach (var pool in Sorted(state.PoolsByName.Values, static p => p.Spec.Name))
        {
            Line(text, $"pool {pool.Spec} declared={pool.Declared} workers={pool.Workers.Count}");
        }

        foreach (var level in Sorted(state.Levels.Values, static l => $"{l.Priority:D8}"))
        {
            Line(text, $"priority {level.Priority} pass={level.Pass} waiting={string.Join(',', level.Shares.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key}:{s.Value.WaitingFlows}"))}");
        }

        foreach (var (user, tally) in Sorted(state.UserTasks.All, static pair => pair.Key))
        {
            Line(text, $"user {user} unfinished={tally.Unfinished}");
        }

        foreach (var (instance, tally) in Sorted(state.InstanceTasks.All, static pair => pair.Key))
        {
            Line(text, $"instance {instance} unfinished={tally.Unfinished}");
        }

        foreach (var (key, newest) in Sorted(state.NewestByKey, static pair => pair.Key))
        {
            Line(text, $"newest of {key} is {newest.Id}");
        }

        foreach (var worker in Sorted(state.WorkersById.Values, static w => w.Id.Value))
        {
            Describe(text, worker);
        }

        foreach (var job in Sorted(state.JobsById.Values, static j => j.Id.Value))
        {
            Describe(text, job);
        }

        foreach (var execution in Sorted(state.Executions.Values, static e => e.Id.Value.ToString("D20", CultureInfo.InvariantCulture)))
        {
            Describe(text, state, execution);
        }

        foreach (var name in Sorted(state.Names.Values, static n => n.Name))
        {
            Line(text, $"name {name.Name} taken={name.TakenBy?.Id} held={name.HeldBy?.Lease} on={name.HeldBy?.Worker.Id} next={name.Next?.Id} waiting={name.WaitingCount}");
        }

        foreach (var (key, job) in Sorted(state.JobsByKey, static pair => pair.Key))
        {
            Line(text, $"key {key} -> {job}");
        }

        foreach (var key in state.FinishedKeys)
        {
            Line(text, $"finished key {key}");
        }

        return text.ToString();
    }

    private static void Describe(StringBuilder text, WorkerEntry worker)
    {
        Line(text, $"worker {worker.Id} {worker.Incarnation} {worker.Offer} linked={worker.Linked} lost={worker.Lost}"
            + $" drain={worker.DrainsByItself}/{worker.DrainedByOperator} use={worker.InUse} revision={worker.Revision}"
            + $" at={worker.LinkedAt:O} kept={worker.ReservedFor?.Id} alone={worker.Isolated?.Lease} disconnects={worker.Disconnects} evicted='{worker.Evicted}'"
            + $" recent={string.Join(',', worker.Recent.Marks.Select(mark => $"{mark.Key}@{mark.At}"))}");
        var conduct = worker.Conduct;
        Line(text, $"  conduct era={conduct.Era} failed={string.Join(',', conduct.Failed)} '{conduct.LastFailure}' probation={conduct.OnProbation}"
            + $" times={conduct.Times} quarantine='{conduct.Reason}' since={conduct.Since:O} for={conduct.Term}");
        foreach (var holding in worker.Holdings)
        {
            Line(text, $"  {holding.Lease} {holding.State} {holding.Charge} since={holding.Since} gone={holding.GoneAt} exclusive={string.Join(",", holding.Exclusive)} lends={holding.LentCpuMillis} family={Describe(holding.Family)} started={holding.StartedAt:O}");
        }
    }

    private static void Describe(StringBuilder text, JobEntry job)
    {
        Line(text, $"job {job.Id} #{job.Sequence} key={job.IdempotencyKey} name={job.Spec.Name} at={job.At:O}"
            + $" cancelling={job.Cancelling} '{job.CancelReason}' {job.Counts}");
        foreach (var flow in job.Flows)
        {
            Line(text, $"  flow {flow.Level.Priority} pass={flow.Pass} waiting={flow.Waiting} mean={flow.MeanTicks}");
        }

        for (var i = 0; i < job.Tasks.Length; i++)
        {
            ref var task = ref job.Tasks[i];
            Line(text, $"  {i} {job.Spec.Tasks[i].Name} {task.Step} unmet={task.UnmetNeeds} {task.Execution?.Id} {task.End}");
        }
    }

    private static void Describe(StringBuilder text, SchedulerState state, ExecutionEntry execution)
    {
        Line(text, $"execution {execution.Id} {execution.Action} cacheable={execution.Cacheable} {execution.Phase} epoch={execution.Epoch}"
            + $" on={execution.Worker?.Id}#{execution.Live?.Lease.Epoch} copy={execution.Copy?.Worker.Id}#{execution.Copy?.Lease.Epoch} last={execution.LastWorker} '{execution.LastMessage}' losses={execution.InfrastructureLosses}"
            + $" failures={execution.TaskFailures}/{execution.Retries} flow={execution.Flow.Job.Id}@{execution.Flow.Level.Priority} counted={Describe(state, execution.Counted)} age={execution.Place?.Band.Age} overtaken={execution.Overtaken}"
            + $" shape={execution.Shape.Platform}|{execution.Shape.Asked} timeout={execution.Timeout} queued={execution.QueuedAt:O}"
            + $" started={execution.StartedAt:O} avoid={Describe(execution.Avoid)} alone={execution.Alone} kept={execution.ReservedOn?.Id} shares={state.Localities[execution.Locality]}");
        if (execution.Setbacks is { } setbacks)
        {
            Line(text, $"  lost {string.Join(',', setbacks.LostWorkers)} failed {string.Join(',', setbacks.Failures)} memory {execution.Charges.MemoryBytes} after {setbacks.MemoryBefore}");
        }

        foreach (var task in execution.Waiters)
        {
            Line(text, $"  waiter {task.Id}");
        }
    }

    private static string Describe(SchedulerState state, CountedTime counted) => counted.Flow is { } flow && state.IsHere(flow.Job)
        ? string.Create(CultureInfo.InvariantCulture, $"{flow.Job.Id}@{flow.Level.Priority}:{counted.Ticks}x{counted.Flows}")
        : "";

    private static string Describe(Family? family) => family is null ? "" : string.Join(
        ",", family.Waits.Select(w => $"{w.Id}:{w.Child}:{w.CpuMillis}:{w.Bound}:{w.Step}:{w.Answer}:{w.Parent.Worker.Resuming.IndexOf(w)}").Concat(family.Children.Select(c => c.Id.Value).Order(StringComparer.Ordinal)));

    private static string Describe(AvoidSet? avoid) => avoid is null ? "" : string.Join(",", avoid.Workers.ToArray());

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');

    private static List<T> Sorted<T>(IEnumerable<T> items, Func<T, string> key)
    {
        var list = new List<T>(items);
        list.Sort((a, b) => string.CompareOrdinal(key(a), key(b)));
        return list;
    }
}
