using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Views.Explanations;

/// <summary>What others are called in an explanation: short in the same job, to be found by <c>farm status</c> in another.</summary>
internal static class Names
{
    /// <summary>How many are named before the rest is only counted.</summary>
    private const int MostNamed = 2;

    public static string Of(TaskRef other, TaskRef asker) =>
        ReferenceEquals(other.Job, asker.Job) ? other.Spec.Name : $"{other.Spec.Name} of job {other.Job.Id}";

    /// <summary>The first that waits for it; its id when nobody does any more.</summary>
    public static string Of(ExecutionEntry execution, TaskRef asker) =>
        execution.FirstWaiter is { } first ? Of(first, asker) : $"execution {execution.Id}";

    /// <summary>What an attempt works for; its lease when that is over and it still has to end.</summary>
    public static string Of(Holding attempt, TaskRef asker) =>
        attempt.Execution is { } execution ? Of(execution, asker) : $"attempt {attempt.Lease} (being ended)";

    /// <summary>As <c>a, b and 3 more</c>.</summary>
    public static string Some(IReadOnlyList<string> names)
    {
        var more = names.Count - MostNamed;
        return more switch
        {
            > 0 => $"{string.Join(", ", names.Take(MostNamed))} and {more} more",
            0 => string.Join(" and ", names),
            _ => string.Join("", names),
        };
    }
}
