namespace BuildFarm.Scheduling.State;

/// <summary>The needs of a job the other way round, in two flat arrays.</summary>
internal static class Dependents
{
    /// <summary>
    /// The tasks that need task i are <c>Targets[Starts[i]]</c> up to <c>Targets[Starts[i + 1]]</c>. All needs must be in range.
    /// </summary>
    public static (int[] Starts, int[] Targets) Of(JobSpec spec)
    {
        var starts = new int[spec.Tasks.Length + 1];
        foreach (var task in spec.Tasks)
        {
            foreach (var need in task.Needs)
            {
                starts[need + 1]++;
            }
        }

        for (var i = 1; i < starts.Length; i++)
        {
            starts[i] += starts[i - 1];
        }

        var targets = new int[starts[^1]];
        var next = starts.AsSpan(0, spec.Tasks.Length).ToArray();
        for (var i = 0; i < spec.Tasks.Length; i++)
        {
            foreach (var need in spec.Tasks[i].Needs)
            {
                targets[next[need]++] = i;
            }
        }

        return (starts, targets);
    }
}
