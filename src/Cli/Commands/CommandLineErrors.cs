using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace BuildFarm.Cli.Commands;

/// <summary>Says in one line what is wrong with a command line, and what was probably meant.</summary>
internal static class CommandLineErrors
{
    public static void ThrowIfAny(ParseResult parsed)
    {
        if (parsed.Action is HelpAction or UsageHelp || parsed.GetResult("--version") is not null)
        {
            return;
        }

        var command = parsed.CommandResult.Command;
        var help = $"see '{Path(parsed.CommandResult)} --help'";

        // The parser lets an argument take anything, so a mistyped option hides among arguments.
        var words = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value)
            .Concat(parsed.UnmatchedTokens);
        foreach (var word in words.Where(word => word.Length > 1 && word[0] == '-'))
        {
            var name = word.Split('=')[0];
            throw FarmException.Usage(Nearest.Of(name, Options(parsed)) is { } near
                ? $"There is no option {name}; did you mean {near}?"
                : $"There is no option {name}; {help}.");
        }

        if (parsed.UnmatchedTokens is [var extra, ..] && command.Subcommands.Count == 0)
        {
            throw FarmException.Usage(command.Name == "submit"
                ? $"'{extra}' is one word too many; put a command after '--', as in: farm submit -- {ShellWords.Join(words)}"
                : $"'{extra}' is one word too many; {help}.");
        }

        if (parsed.Errors is [var error, ..])
        {
            var missing = command.Arguments.FirstOrDefault(argument =>
                argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is null or { Tokens.Count: 0 });
            throw FarmException.Usage(missing is not null && error.SymbolResult is not OptionResult
                ? $"{missing.Name} is missing; {help}."
                : $"{error.Message.TrimEnd('.')}; {help}.");
        }
    }

    private static IEnumerable<string> Options(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.Append(CommonOptions.Farm).Select(option => option.Name).Append("--help");

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "farm";
}
