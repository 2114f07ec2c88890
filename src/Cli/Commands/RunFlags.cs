using System.CommandLine;
using BuildFarm.Cli.Runs;

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
        foreach (var option in new Option[] { Detach, NoCache, Key, Priority, Json, JUnit, Progress, OnTerm })
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
            TerminateCancels = CommonOptions.TerminateCancels(parsed.GetValue(OnTerm)),
            JUnit = CommonOptions.JUnitOf(parsed.GetValue(JUnit)),
        };
    }

    /// <summary>The priority of the job.</summary>
    public static int PriorityOf(ParseResult parsed) => CommonOptions.Number("--priority", parsed.GetValue(Priority), 0, -1000, 1000);
}
