using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace BuildFarm.Cli.Commands;

/// <summary>The library's help for a verb, with usage lines that it cannot know of.</summary>
internal sealed class UsageHelp : SynchronousCommandLineAction
{
    private readonly HelpAction _help;
    private readonly string[] _usages;

    private UsageHelp(HelpAction help, string[] usages) => (_help, _usages) = (help, usages);

    public override bool ClearsParseErrors => true;

    /// <summary>Replaces the usage of a command by these lines, each without the indentation.</summary>
    public static void Set(Command command, params string[] usages)
    {
        var option = new HelpOption();
        option.Action = new UsageHelp((HelpAction)option.Action!, usages);
        command.Options.Add(option);
    }

    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        using var text = new StringWriter();
        parseResult.InvocationConfiguration.Output = text;
        var exitCode = _help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        var inUsage = false;
        foreach (var line in text.ToString().TrimEnd('\n').Split('\n'))
        {
            if (inUsage && line.Trim().Length > 0)
            {
                continue;
            }

            inUsage = line.Trim() == "Usage:";
            output.WriteLine(line);
            if (inUsage)
            {
                foreach (var usage in _usages)
                {
                    output.WriteLine($"  {usage}");
                }
            }
        }

        return exitCode;
    }
}
