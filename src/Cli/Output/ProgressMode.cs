namespace BuildFarm.Cli.Output;

/// <summary>How a run is shown: the values of <c>--progress</c>.</summary>
public enum ProgressMode
{
    /// <summary>A footer at a terminal that nobody records, else plain.</summary>
    Auto = 0,

    /// <summary>Lines that only ever grow.</summary>
    Plain = 1,

    /// <summary>Lines with a footer.</summary>
    Tty = 2,

    /// <summary>Only what did not succeed.</summary>
    Quiet = 3,
}

/// <summary>Chooses the reporter of a run.</summary>
public static class Reporters
{
    /// <summary>For a run of many tasks.</summary>
    public static IRunReporter ForTasks(FarmTerminal terminal, ProgressMode mode, TimeProvider time)
    {
        var footer = mode == ProgressMode.Tty || (mode == ProgressMode.Auto && IsLive(terminal))
            ? new TerminalFooter(terminal.Error, terminal.ErrorPalette, FarmTerminal.Width)
            : null;
        return new ConsoleReporter(
            terminal.Error, terminal.ErrorPalette, FoldMarkers.For(terminal.Variable), VerbosityOf(mode), footer, time);
    }

    /// <summary>For a run of one command.</summary>
    public static IRunReporter ForCommand(FarmTerminal terminal, ProgressMode mode, TimeProvider time) =>
        new CommandReporter(terminal.Error, terminal.ErrorPalette, VerbosityOf(mode), time);

    private static Verbosity VerbosityOf(ProgressMode mode) => mode == ProgressMode.Quiet ? Verbosity.FailuresOnly : Verbosity.EveryTask;

    private static bool IsLive(FarmTerminal terminal) =>
        terminal.ErrorIsTerminal && terminal.Variable("TERM") != "dumb" && string.IsNullOrEmpty(terminal.Variable("CI"));
}
