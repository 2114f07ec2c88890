using System.CommandLine;
using BuildFarm.Cli.Runs;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace BuildFarm.Cli.Commands;

/// <summary>The options of every verb that follows a run; each verb adds those that mean something to it.</summary>
internal static class RunFlags
{
    public static Option<bool> Detach { get; } = new("--detach") { Description = "Print the run's id and leave it running." };

    public static Option<bool> NoCache { get; } = new("--no-cache") { Description = "Run every task, whatever the cache has, and keep no results." };

    public static Option<string?> Key { get; } = new("--idempotency-key")
    {
        Description = "A second, equal submit with the same key joins the first; up to 128 characters.",
        HelpName = "KEY",
    };

    public static Option<string?> Priority { get; } = new("--priority") { Description = "Higher goes first; -1000 to 1000.", HelpName = "N" };

    public static Option<string?> Supersede { get; } = new("--supersede")
    {
        Description = "Cancel your unfinished run of the same key, and be cancelled by the next; up to 128 characters.",
        HelpName = "KEY",
    };

    public static Option<string?> Deadline { get; } = new("--deadline")
    {
        Description = "What has not finished so long after the submit ends as timed out, such as 30m or 2h.",
        HelpName = "TIME",
    };

    public static Option<string?> Patience { get; } = new("--wait-for-room")
    {
        Description = "How long to try again when the farm's queue is full; default 10m.",
        HelpName = "TIME",
    };

    public static Option<bool> Json { get; } = CommonOptions.Json();

    public static Option<string?> JUnit { get; } = new("--junit") { Description = "Write the outcomes as JUnit XML.", HelpName = "FILE" };

    public static Option<string?> Progress { get; } = new("--progress") { Description = "How to show progress: auto, plain, tty or quiet.", HelpName = "MODE" };

    public static Option<string?> OnTerm { get; } = new("--on-term")
    {
        Description = "What SIGTERM does: detach (the run goes on; default) or cancel.",
        HelpName = "ACTION",
    };

    /// <summary>Adds all of them.</summary>
    public static void AddTo(Command command)
    {
        foreach (var option in new Option[] { Detach, NoCache, Key, Supersede, Priority, Deadline, Patience, Json, JUnit, Progress, OnTerm })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What they say; an option that the verb does not have counts as not given.</summary>
    /// <exception cref="FarmException">One of them makes no sense.</exception>
    public static RunOptions Read(ParseResult parsed)
    {
        var key = parsed.GetValue(Key);
        if (key is { Length: 0 or > 128 })
        {
            throw FarmException.Usage("--idempotency-key must have 1 to 128 characters.");
        }

        return new RunOptions
        {
            Progress = CommonOptions.ProgressOf(parsed.GetValue(Progress)),
            Json = parsed.GetValue(Json),
            Detach = parsed.GetValue(Detach),
            IdempotencyKey = key,
            Patience = CommonOptions.Time("--wait-for-room", parsed.GetValue(Patience)) ?? RunOptions.DefaultPatience,
            TerminateCancels = CommonOptions.TerminateCancels(parsed.GetValue(OnTerm)),
            JUnit = CommonOptions.JUnitOf(parsed.GetValue(JUnit)),
        };
    }

    /// <summary>The priority of the job.</summary>
    public static int PriorityOf(ParseResult parsed) => CommonOptions.Number("--priority", parsed.GetValue(Priority), 0, -1000, 1000);

    /// <summary>Writes what was said about the whole job over what its file says.</summary>
    /// <exception cref="FarmException">One of them makes no sense.</exception>
    public static void Apply(ParseResult parsed, V1.JobSpec spec)
    {
        if (parsed.GetValue(Priority) is not null)
        {
            spec.Priority = PriorityOf(parsed);
        }

        if (CommonOptions.Time("--deadline", parsed.GetValue(Deadline)) is { } deadline)
        {
            spec.Deadline = Duration.FromTimeSpan(deadline);
        }

        if (parsed.GetValue(Supersede) is { } key)
        {
            spec.SupersedeKey = key.Length is > 0 and <= 128 && !key.Any(char.IsControl)
                ? key
                : throw FarmException.Usage("--supersede must have 1 to 128 characters, none of them a control character.");
        }
    }
}
