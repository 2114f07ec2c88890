using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Output;

namespace BuildFarm.Cli.Commands;

/// <summary>What every verb is given.</summary>
/// <param name="Words">What stands after <c>--</c>; null when there is no <c>--</c>.</param>
/// <param name="Terminal">Where to write.</param>
/// <param name="Time">The clock.</param>
internal sealed record CommandContext(IReadOnlyList<string>? Words, FarmTerminal Terminal, TimeProvider Time)
{
    /// <summary>Finds the farm that the command line and the environment mean.</summary>
    public FarmFinder Finder(System.CommandLine.ParseResult parsed) => new(parsed.GetValue(CommonOptions.Farm), Terminal.Variable);
}
