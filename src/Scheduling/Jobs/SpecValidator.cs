using System.Collections.Immutable;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Jobs;

/// <summary>Whether a job is a graph that can end.</summary>
internal static class SpecValidator
{
    /// <summary>What is wrong, in one line; null when nothing is.</summary>
    public static string? FindFault(JobSpec spec)
    {
        if (spec.Tasks.IsDefaultOrEmpty)
        {
            return "the job has no task";
        }

        if (spec.Deadline < TimeSpan.Zero)
        {
            return "the job has a negative deadline";
        }

        var names = new HashSet<string>(spec.Tasks.Length, StringComparer.Ordinal);
        foreach (var task in spec.Tasks)
        {
            if (!names.Add(task.Name))
            {
                return $"two tasks have the name '{task.Name}'";
            }

            if (task.Resources.CpuMillis < 0 || task.Resources.MemoryBytes < 0)
            {
                return $"task '{task.Name}' asks for a negative amount of CPU or memory";
            }

            if (task.Deadline < TimeSpan.Zero)
            {
                return $"task '{task.Name}' has a negative deadline";
            }

            if (FindFault(task.Resources.Named) is { } fault)
            {
                return $"task '{task.Name}' asks for {fault}";
            }

            if (FindFault(task.Exclusive) is { } bad)
            {
                return $"task '{task.Name}' {bad}";
            }

            foreach (var need in task.Needs)
            {
                if ((uint)need >= (uint)spec.Tasks.Length)
                {
                    return $"task '{task.Name}' needs a task that is not in the job";
                }
            }
        }

        return FindCycle(spec);
    }

    private static string? FindFault(NamedAmounts named)
    {
        foreach (var (name, amount) in named.Amounts)
        {
            if (amount < 0 || !NamedAmounts.IsName(name))
            {
                return amount < 0 ? $"a negative amount of '{name}'" : $"a resource named '{name}'; {NamedAmounts.NameRule}";
            }
        }

        return null;
    }

    private static string? FindFault(ImmutableArray<string> exclusive)
    {
        if (exclusive.Length > ExclusiveNames.Most)
        {
            return $"names {exclusive.Length} exclusive things; it may name {ExclusiveNames.Most}";
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in exclusive)
        {
            if (!ExclusiveNames.IsName(name) || !seen.Add(name))
            {
                return ExclusiveNames.IsName(name) ? $"names '{name}' twice" : $"names '{name}'; {ExclusiveNames.Rule}";
            }
        }

        return null;
    }

    private static string? FindCycle(JobSpec spec)
    {
        var (starts, targets) = Dependents.Of(spec);
        var unmet = new int[spec.Tasks.Length];
        var ready = new Stack<int>();
        for (var i = 0; i < unmet.Length; i++)
        {
            unmet[i] = spec.Tasks[i].Needs.Length;
            if (unmet[i] == 0)
            {
                ready.Push(i);
            }
        }

        var reached = 0;
        while (ready.TryPop(out var done))
        {
            reached++;
            foreach (var dependent in targets.AsSpan(starts[done]..starts[done + 1]))
            {
                if (--unmet[dependent] == 0)
                {
                    ready.Push(dependent);
                }
            }
        }

        return reached == unmet.Length ? null : $"tasks need each other in a circle: {DescribeCycle(spec, unmet)}";
    }

    /// <summary>Walks from need to need among tasks that were never ready: such a walk must come back to where it was.</summary>
    private static string DescribeCycle(JobSpec spec, int[] unmet)
    {
        var at = Array.FindIndex(unmet, static count => count > 0);
        var seenAt = new Dictionary<int, int>();
        var walk = new List<string>();
        while (seenAt.TryAdd(at, walk.Count))
        {
            walk.Add(spec.Tasks[at].Name);
            foreach (var need in spec.Tasks[at].Needs)
            {
                if (unmet[need] > 0)
                {
                    at = need;
                    break;
                }
            }
        }

        walk.Add(spec.Tasks[at].Name);
        var circle = walk.GetRange(seenAt[at], walk.Count - seenAt[at]);
        return circle.Count <= 8 ? string.Join(" → ", circle) : string.Join(" → ", circle.GetRange(0, 8)) + " → …";
    }
}
