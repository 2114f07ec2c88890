using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

public sealed partial class SchedulerState
{
    private readonly List<ExclusiveName> _namesToLookAt = [];

    /// <summary>Exclusive names that somebody has or waits for.</summary>
    internal Dictionary<string, ExclusiveName> Names { get; } = new(StringComparer.Ordinal);

    /// <summary>The next execution that can have all its names, of those whose names came free; null when there is none.</summary>
    internal ExecutionEntry? NextToTakeNames()
    {
        while (_namesToLookAt.Count > 0)
        {
            var name = _namesToLookAt[^1];
            _namesToLookAt.RemoveAt(_namesToLookAt.Count - 1);
            name.IsListed = false;
            if (name.Next is { } next && CanTakeNames(next))
            {
                return next;
            }
        }

        return null;
    }

    /// <summary>It is the first that waits for each of its names, and all are free.</summary>
    internal static bool CanTakeNames(ExecutionEntry execution)
    {
        foreach (var claim in execution.Claims)
        {
            if (!claim.Name.IsFree || !ReferenceEquals(claim.Name.Next, execution))
            {
                return false;
            }
        }

        return true;
    }

    private void TakeNames(NamesTaken taken)
    {
        var execution = ExecutionOf(taken.Execution, taken);
        Expect(execution.Phase == ExecutionPhase.Claiming && CanTakeNames(execution), taken, "its names are not free for it");
        foreach (var claim in execution.Claims)
        {
            claim.Name.TakenBy = execution;
        }

        DropClaims(execution);
        EnterQueue(execution);
    }

    private void Claim(ExecutionEntry execution)
    {
        execution.Phase = ExecutionPhase.Claiming;
        execution.Claims = execution.Exclusive.Select(name => NameOf(name).Add(execution)).ToArray();
        foreach (var claim in execution.Claims)
        {
            LookAt(claim.Name);
        }
    }

    private void DropClaims(ExecutionEntry execution)
    {
        foreach (var claim in execution.Claims)
        {
            claim.Name.Remove(claim);
            LookAt(claim.Name);
        }

        execution.Claims = [];
    }

    /// <summary>What it has goes over to its attempt, or comes free when there is none.</summary>
    private void PassNames(ExecutionEntry execution, Holding? attempt)
    {
        foreach (var key in execution.Exclusive)
        {
            if (Names.TryGetValue(key, out var name) && ReferenceEquals(name.TakenBy, execution))
            {
                name.TakenBy = null;
                name.HeldBy = attempt;
                LookAt(name);
            }
        }
    }

    private void FreeNames(Holding holding)
    {
        foreach (var key in holding.Exclusive)
        {
            if (Names.TryGetValue(key, out var name) && ReferenceEquals(name.HeldBy, holding))
            {
                name.HeldBy = null;
                LookAt(name);
            }
        }
    }

    private ExclusiveName NameOf(string key)
    {
        if (!Names.TryGetValue(key, out var name))
        {
            Names.Add(key, name = new ExclusiveName(key));
        }

        return name;
    }

    private void LookAt(ExclusiveName name)
    {
        if (name.IsUnused)
        {
            Names.Remove(name.Name);
            if (Names.Count == 0)
            {
                _namesToLookAt.Clear();
            }
        }
        else if (!name.IsListed && name.IsFree)
        {
            if (_namesToLookAt.Count > 16 + (2 * Names.Count))
            {
                // A state that only follows a journal never looks at them.
                _namesToLookAt.RemoveAll(listed => !ReferenceEquals(Names.GetValueOrDefault(listed.Name), listed));
            }

            name.IsListed = true;
            _namesToLookAt.Add(name);
        }
    }
}
