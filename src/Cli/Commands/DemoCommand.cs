using System.CommandLine;

namespace BuildFarm.Cli.Commands;

internal static class DemoCommand
{
    public static Command Create(CommandContext context) => new("demo", "x");
}
