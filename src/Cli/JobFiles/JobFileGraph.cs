namespace BuildFarm.Cli.JobFiles;

/// <summary>Checks the needs of a job file: every one exists and they form no circle.</summary>
internal static class JobFileGraph
{
    public static void Check(string path, IReadOnlyList<JobFileTask> tasks)
    {
        var byName = tasks.ToDictionary(task => task.Name.Text, StringComparer.Ordinal);
        foreach (var task in tasks)
        {
            foreach (var need in task.Needs)
            {
                if (!byName.ContainsKey(need.Text))
                {
                    throw JobFileErrors.At(
                        path, need.At, $"task '{task.Name.Text}' needs '{need.Text}', which is no task of this file{JobFileErrors.Suggest(need.Text, byName.Keys.Where(name => name != task.Name.Text))}");
                }
            }
        }

        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var task in tasks)
        {
            Walk(path, task, byName, done);
        }
    }

    // Depth first with a stack of its own: a long chain of needs is no deep recursion.
    private static void Walk(string path, JobFileTask start, Dictionary<string, JobFileTask> byName, HashSet<string> done)
    {
        var onTheWay = new List<string>();
        var stack = new Stack<(JobFileTask Task, int Next)>();
        stack.Push((start, 0));
        while (stack.TryPop(out var top))
        {
            var (task, next) = top;
            if (next == 0)
            {
                if (done.Contains(task.Name.Text))
                {
                    continue;
                }

                onTheWay.Add(task.Name.Text);
            }

            if (next == task.Needs.Count)
            {
                done.Add(task.Name.Text);
                onTheWay.RemoveAt(onTheWay.Count - 1);
                continue;
            }

            stack.Push((task, next + 1));
            var need = task.Needs[next];
            var circle = onTheWay.IndexOf(need.Text);
            if (circle >= 0)
            {
                var names = string.Join(" → ", onTheWay[circle..].Append(need.Text));
                throw JobFileErrors.At(path, need.At, $"the tasks need each other in a circle: {names}; remove one of these needs.");
            }

            stack.Push((byName[need.Text], 0));
        }
    }
}
