using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Invariants;

/// <summary>Flows count what waits in them, submitters count their flows, and no waiting flow is far from its place by an error.</summary>
internal static class FairShareInvariants
{
    public static void Check(SchedulerState state, List<string> faults)
    {
        var waiting = new Dictionary<Flow, int>();
        foreach (var execution in state.Executions.Values)
        {
            if (execution.Phase == ExecutionPhase.Queued)
            {
                waiting[execution.Flow] = waiting.GetValueOrDefault(execution.Flow) + 1;
            }
        }

        var shares = new Dictionary<(int Priority, string Submitter), int>();
        foreach (var (flow, count) in waiting)
        {
            faults.Require(flow.Waiting == count, $"a flow of {flow.Job.Id} has {count} waiting, and counts {flow.Waiting}");
            var share = (flow.Level.Priority, flow.Job.Spec.Submitter);
            shares[share] = shares.GetValueOrDefault(share) + 1;
            var placed = 0;
            foreach (var place in flow.Places)
            {
                placed += place.Count;
            }

            faults.Require(placed == count, $"a flow of {flow.Job.Id} has {count} waiting, and {placed} in its places");
        }

        foreach (var level in state.Levels.Values)
        {
            foreach (var (submitter, share) in level.Shares)
            {
                var flows = shares.GetValueOrDefault((level.Priority, submitter));
                faults.Require(
                    flows > 0 && flows == share.WaitingFlows,
                    $"'{submitter}' has {flows} flows at priority {level.Priority}, and counts {share.WaitingFlows}");
                shares.Remove((level.Priority, submitter));
            }
        }

        faults.Require(shares.Count == 0, $"{shares.Count} submitters wait without a share");
    }
}
