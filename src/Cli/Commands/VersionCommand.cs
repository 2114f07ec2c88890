using System.CommandLine;
using System.Reflection;
using BuildFarm.Hosting;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm version</c>.</summary>
internal static class VersionCommand
{
    /// <summary>Version of this program, without the build's suffix.</summary>
    public static string Text =>
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public static Command Create(CommandContext context)
    {
        var command = new Command("version", "Print the version.");
        command.SetAction(async (_, _) =>
        {
            await context.Terminal.OutText.WriteLineAsync($"farm {Text}");
            return ExitCode.Ok;
        });
        return command;
    }
}
