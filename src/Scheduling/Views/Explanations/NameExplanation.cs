using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Views.Explanations;

/// <summary>Who has the exclusive name that an execution waits for, and when it comes free.</summary>
internal static class NameExplanation
{
    public static string Of(TaskRef task, ExecutionEntry execution)
    {
        foreach (var claim in execution.Claims)
        {
            var name = claim.Name;
            if (name.HeldBy is { } attempt)
            {
                return $"waits for '{name.Name}', which {OfHolder(task, attempt)}{Before(name, execution)}";
            }

            if (name.TakenBy is { } taker)
            {
                return $"waits for '{name.Name}', which {Names.Of(taker, task)} has, and that waits for a worker{Before(name, execution)}";
            }
        }

        foreach (var claim in execution.Claims)
        {
            if (claim.Name.Next is { } next && !ReferenceEquals(next, execution))
            {
                return $"waits for '{claim.Name.Name}', for which {Names.Of(next, task)} stands first and waits for another name";
            }
        }

        return "is about to take its exclusive names";
    }

    private static string OfHolder(TaskRef task, Holding attempt) => attempt switch
    {
        { Execution: { } execution } => $"{Names.Of(execution, task)} has on {attempt.Worker.Id}",
        { Worker.Lost: true } => $"attempt {attempt.Lease} has on {attempt.Worker.Id}, which is lost: it comes free when the worker is back without it, or has had the time to end it by itself",
        _ => $"attempt {attempt.Lease} has on {attempt.Worker.Id}, where it is being ended",
    };

    private static string Before(ExclusiveName name, ExecutionEntry execution)
    {
        var before = 0;
        foreach (var claim in name.Waiting)
        {
            before += claim.Execution.Id.Value < execution.Id.Value ? 1 : 0;
        }

        return before > 0 ? $"; {before} more {(before == 1 ? "waits" : "wait")} for it before this one" : "";
    }
}
