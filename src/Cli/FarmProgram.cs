using System.CommandLine;
using BuildFarm.Cli.Commands;
using BuildFarm.Cli.Output;
using BuildFarm.Hosting;

namespace BuildFarm.Cli;

/// <summary>The command line: chooses the verb, and turns everything that goes wrong into one line and an exit status.</summary>
internal sealed class FarmProgram(FarmTerminal terminal, TimeProvider time)
{
    // A verb is made only when it is asked for: start-up is most of what a warm submit costs.
    private static readonly (string Name, Func<CommandContext, Command> Create)[] Verbs =
    [
        ("submit", SubmitCommand.Create),
        ("test", TestCommand.Create),
        ("watch", WatchCommand.Create),
        ("status", StatusCommand.Create),
        ("logs", LogsCommand.Create),
        ("why", WhyCommand.Create),
        ("jobs", JobsCommand.Create),
        ("cancel", CancelCommand.Create),
        ("workers", WorkersCommand.Create),
        ("homes", HomesCommand.Create),
        ("cache", CacheCommand.Create),
        ("up", UpCommand.Create),
        ("backup", BackupCommand.CreateBackup),
        ("restore", BackupCommand.CreateRestore),
        ("demo", DemoCommand.Create),
        ("version", VersionCommand.Create),
    ];

    public async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            return await ParseAndRunAsync(arguments);
        }
        catch (FarmException error)
        {
            await ComplainAsync(error.Message, error);
            return error.ExitCode;
        }
        catch (OperationCanceledException error)
        {
            await ComplainAsync("Cancelled.", error);
            return ExitCode.Cancelled;
        }
        catch (IOException error) when (error.Message.Contains("Broken pipe", StringComparison.Ordinal))
        {
            // Whoever read the output has stopped reading; there is nobody to tell.
            return ExitCode.Infrastructure;
        }
        catch (Exception error)
        {
            await ComplainAsync(
                $"This is a fault of farm itself ({error.GetType().Name}: {error.Message}); set FARM_DEBUG=1 to see where, and report it.", error);
            return ExitCode.Infrastructure;
        }
    }

    private async Task<int> ParseAndRunAsync(string[] arguments)
    {
        var dashes = Array.IndexOf(arguments, "--");
        var words = dashes < 0 ? arguments : arguments[..dashes];
        var context = new CommandContext(dashes < 0 ? null : arguments[(dashes + 1)..], terminal, time);
        if (arguments.Length == 0)
        {
            words = ["--help"];
        }

        var verb = VerbOf(words);
        if (verb is not null && !Array.Exists(Verbs, known => known.Name == verb))
        {
            throw FarmException.Usage(Nearest.Of(verb, Verbs.Select(known => known.Name)) is { } near
                ? $"There is no command 'farm {verb}'; did you mean 'farm {near}'?"
                : $"There is no command 'farm {verb}'; 'farm --help' lists all.");
        }

        if (context.Words is not null && verb != "submit")
        {
            throw FarmException.Usage($"Only 'farm submit' takes a command after '--'{(verb is null ? string.Empty : $", not 'farm {verb}'")}.");
        }

        var root = new RootCommand("A build-and-test farm: runs commands in containers, splits work, and never builds the same thing twice.") { CommonOptions.Farm };
        foreach (var (name, create) in Verbs)
        {
            if (verb is null || verb == name)
            {
                root.Subcommands.Add(create(context));
            }
        }

        // Arguments that begin with '@' are meant as they are.
        var parsed = root.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });
        CommandLineErrors.ThrowIfAny(parsed);
        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
            Output = terminal.OutText,
            Error = terminal.Error,
        });
    }

    // The first word that is neither an option nor the value of one that stands before the verb.
    private static string? VerbOf(string[] words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] == "--farm")
            {
                i++;
            }
            else if (!words[i].StartsWith('-'))
            {
                return words[i];
            }
        }

        return null;
    }

    private async Task ComplainAsync(string message, Exception error)
    {
        await terminal.Error.WriteLineAsync($"farm: {TaskText.Clean(message.ReplaceLineEndings(" "))}");
        if (terminal.Variable("FARM_DEBUG") == "1")
        {
            await terminal.Error.WriteLineAsync(error.ToString());
        }
    }
}
