using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Views.Explanations;

/// <summary>How many go before an execution in the pools that could run it, by what rule, and whose they are.</summary>
internal static class LineExplanation
{
    /// <summary>How many do, and by what rules; empty when nobody does.</summary>
    public static (int Ahead, string Rules) Of(ExecutionEntry execution, List<(WorkerEntry Worker, Resources Charge)> candidates)
    {
        var (byPriority, byShare, own) = (new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal), 0);
        var ofItsKind = CountBefore(execution, execution.Place!);
        foreach (var queue in candidates.Select(static candidate => candidate.Worker.Pool).Distinct().SelectMany(static pool => pool.Waiting).Distinct())
        {
            own += Count(execution, queue, ofItsKind, byPriority, byShare);
        }

        var parts = new List<string>();
        Add(parts, byPriority, "of higher priority");
        Add(parts, byShare, "by fair share");
        if (own > 0)
        {
            parts.Add($"{own} of its own job");
        }

        var ahead = byPriority.Values.Sum() + byShare.Values.Sum() + own;
        return (ahead, string.Join(", ", parts) + Aged(execution.Place!.Band));
    }

    private static int CountBefore(ExecutionEntry execution, FlowQueue place)
    {
        var before = 0;
        foreach (var other in place.Items)
        {
            before += other.GoesBefore(execution) ? 1 : 0;
        }

        return before;
    }

    /// <summary>Flows take turns, so of each other flow about as many go first as of its own. Gives how many of its own do.</summary>
    private static int Count(ExecutionEntry execution, ExecutionQueue queue, int ofItsKind, Dictionary<string, int> byPriority, Dictionary<string, int> byShare)
    {
        var own = 0;
        foreach (var band in queue.Bands)
        {
            var outranks = band.OutRanks(execution.Place!.Band);
            foreach (var place in band.Flows)
            {
                var submitter = place.Flow.Job.Spec.Submitter;
                if (outranks == true)
                {
                    byPriority[submitter] = byPriority.GetValueOrDefault(submitter) + place.Count;
                }
                else if (outranks is null && ReferenceEquals(place.Flow, execution.Flow))
                {
                    own += CountBefore(execution, place);
                }
                else if (outranks is null)
                {
                    var first = Math.Min(place.Count, ofItsKind + (place.Flow.GoesBefore(execution.Flow) ? 1 : 0));
                    byShare[submitter] = byShare.GetValueOrDefault(submitter) + first;
                }
            }
        }

        return own;
    }

    private static void Add(List<string> parts, Dictionary<string, int> counts, string rule)
    {
        var some = counts.Where(static pair => pair.Value > 0).OrderByDescending(static pair => pair.Value).ThenBy(static pair => pair.Key, StringComparer.Ordinal).ToList();
        if (some.Count > 0)
        {
            var whose = some.FindAll(static pair => pair.Key.Length > 0).ConvertAll(static pair => pair.Key);
            parts.Add($"{some.Sum(static pair => pair.Value)} {rule}" + (whose.Count > 0 ? $" ({Names.Some(whose)})" : ""));
        }
    }

    private static string Aged(PriorityBand band) => band.Age > 0 ? $"; waiting has raised its priority from {band.Priority} to {band.Rank}" : "";
}
