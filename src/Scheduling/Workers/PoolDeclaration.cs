using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;

namespace BuildFarm.Scheduling.Workers;

/// <summary>Takes the operator's pools.</summary>
internal static class PoolDeclaration
{
    public static void Execute(Turn turn, DeclarePools declare)
    {
        if (IsAsDeclared(turn.State, declare))
        {
            return;
        }

        turn.Emit(new PoolsDeclared(declare.Pools));
        foreach (var pool in turn.State.PoolsByName.Values)
        {
            foreach (var worker in pool.Workers)
            {
                turn.Place(worker);
            }
        }
    }

    private static bool IsAsDeclared(SchedulerState state, DeclarePools declare)
    {
        var declared = 0;
        foreach (var pool in state.PoolsByName.Values)
        {
            declared += pool.Declared ? 1 : 0;
        }

        foreach (var spec in declare.Pools)
        {
            if (!state.PoolsByName.TryGetValue(spec.Name, out var pool) || !pool.Declared || pool.Spec != spec)
            {
                return false;
            }
        }

        return declared == declare.Pools.Length;
    }
}
