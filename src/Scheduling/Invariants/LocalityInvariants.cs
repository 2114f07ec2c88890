using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Invariants;

/// <summary>What a worker had lately is bounded and in order, and its pool finds exactly that; every set of keys is named as often as it counts.</summary>
internal static class LocalityInvariants
{
    public static void Check(SchedulerState state, List<string> faults)
    {
        foreach (var worker in state.WorkersById.Values)
        {
            var marks = worker.Recent.Marks;
            faults.Require(marks.Count <= RecentKeys.Most, $"{worker.Id} had {marks.Count} keys");
            faults.Require(marks.Count == 0 || worker.PoolIndex >= 0, $"{worker.Id} is in no pool and had {marks.Count} keys");
            for (var i = 1; i < marks.Count; i++)
            {
                faults.Require(marks[i - 1].At <= marks[i].At, $"{worker.Id} had {marks[i].Key} at {marks[i].At}, after {marks[i - 1].At}");
            }
        }

        foreach (var pool in state.PoolsByName.Values)
        {
            var (listed, expected) = (0, 0);
            foreach (var worker in pool.Workers)
            {
                expected += worker.Recent.Marks.Count;
            }

            foreach (var (key, newest) in pool.Holders.Newest)
            {
                for (var mark = newest; mark is not null; mark = mark.Older)
                {
                    listed++;
                    faults.Require(mark.Key == key && ReferenceEquals(mark.Worker.Pool, pool), $"pool {pool.Spec.Name} lists {mark.Worker.Id} with {mark.Key} under {key}");
                    faults.Require(mark.Older is null || mark.Older.At < mark.At, $"pool {pool.Spec.Name} lists {mark.Worker.Id} in the wrong place under {key}");
                }
            }

            faults.Require(listed == expected, $"pool {pool.Spec.Name} lists {listed} keys, and its workers had {expected}");
        }

        var uses = state.Executions.Values.Where(static execution => execution.Locality != 0).CountBy(static execution => execution.Locality).ToList();
        faults.Require(
            uses.Count == state.Localities.Count && uses.TrueForAll(use => state.Localities.UsesOf(use.Key) == use.Value),
            $"{uses.Count} sets of keys are in use, and {state.Localities.Count} are kept");
    }
}
