namespace BuildFarm.Scheduling.Invariants;

/// <summary>Users and instances count their own unfinished tasks, and of each supersede key one job goes on: the newest.</summary>
internal static class AdmissionInvariants
{
    public static void Check(SchedulerState state, List<string> faults)
    {
        var users = new Dictionary<string, int>(StringComparer.Ordinal);
        var instances = new Dictionary<string, int>(StringComparer.Ordinal);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var job in state.JobsById.Values)
        {
            users[job.Spec.User] = users.GetValueOrDefault(job.Spec.User) + job.Unfinished;
            instances[job.Spec.Instance] = instances.GetValueOrDefault(job.Spec.Instance) + job.Unfinished;
            if (job.Spec.SupersedeKey.Length > 0)
            {
                faults.Require(keys.Add(job.Spec.SupersedeKey), $"two jobs go on under the key {job.Spec.SupersedeKey}");
                faults.Require(
                    state.NewestByKey.TryGetValue(job.Spec.SupersedeKey, out var newest) && ReferenceEquals(newest, job),
                    $"job {job.Id} is not the newest of its key");
            }
        }

        Check("user", users, state.UserTasks, faults);
        Check("instance", instances, state.InstanceTasks, faults);
        faults.Require(keys.Count == state.NewestByKey.Count, $"{state.NewestByKey.Count} keys are kept for {keys.Count} jobs");
    }

    private static void Check(string kind, Dictionary<string, int> counted, State.TaskTallies tallies, List<string> faults)
    {
        var kept = 0;
        foreach (var (name, tally) in tallies.All)
        {
            kept++;
            faults.Require(
                counted.TryGetValue(name, out var count) && count == tally.Unfinished,
                $"{kind} '{name}' has {count} unfinished tasks, and counts {tally.Unfinished}");
        }

        faults.Require(kept == counted.Count, $"{kept} tallies are kept for {counted.Count} {kind}s");
    }
}
