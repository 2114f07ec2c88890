using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Scheduling;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>
/// What the result handles in some rounds stand for. A handle is only ever new in the round whose command brought it, so
/// results need no table that outlives the round.
/// </summary>
internal sealed class RoundResults
{
    private readonly Dictionary<string, Completion> _results = new(StringComparer.Ordinal);

    public RoundResults(IEnumerable<Round> rounds)
    {
        foreach (var fact in rounds.SelectMany(round => round.Facts).OfType<ResultReceived>())
        {
            _results[fact.Handle] = fact.Completion;
        }
    }

    public Completion? Find(ResultHandle? handle) => handle is { } key ? _results.GetValueOrDefault(key.Key) : null;
}
