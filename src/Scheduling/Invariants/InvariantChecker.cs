using System.Runtime.CompilerServices;

namespace BuildFarm.Scheduling.Invariants;

/// <summary>
/// What is true of every state between commands. Walks all of it: for tests after every step, and for a production coordinator now
/// and then.
/// </summary>
public static class InvariantChecker
{
    /// <summary>What does not hold, a line each; empty when all is well.</summary>
    public static IReadOnlyList<string> FindViolations(SchedulerState state)
    {
        var faults = new List<string>();
        JobInvariants.Check(state, faults);
        ExecutionInvariants.Check(state, faults);
        WorkerInvariants.Check(state, faults);
        CopyInvariants.Check(state, faults);
        FamilyInvariants.Check(state, faults);
        NameInvariants.Check(state, faults);
        PlacementInvariants.Check(state, faults);
        LocalityInvariants.Check(state, faults);
        FairShareInvariants.Check(state, faults);
        AdmissionInvariants.Check(state, faults);
        return faults;
    }

    /// <summary>Throws when anything does not hold.</summary>
    /// <exception cref="InvalidOperationException">Lists what does not hold.</exception>
    public static void Check(SchedulerState state)
    {
        var faults = FindViolations(state);
        if (faults.Count > 0)
        {
            throw new InvalidOperationException($"The scheduler's state is broken ({faults.Count}): {string.Join("; ", faults)}");
        }
    }

    internal static void Require(this List<string> faults, bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] FaultText fault)
    {
        if (!holds)
        {
            faults.Add(fault.Take());
        }
    }
}
