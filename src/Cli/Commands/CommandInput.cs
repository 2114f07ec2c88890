using BuildFarm.Cli.Output;

namespace BuildFarm.Cli.Commands;

/// <summary>Chooses the folder that a single command takes with it.</summary>
internal static class CommandInput
{
    /// <summary>
    /// The folder, or null for none. Without an option it is the current one, unless that is the home folder or the root
    /// of the machine, which nobody means to send.
    /// </summary>
    public static string? Choose(string? named, bool none, FarmTerminal terminal)
    {
        if (none)
        {
            return named is null ? null : throw FarmException.Usage("--input and --no-input contradict each other; leave one out.");
        }

        if (named is not null)
        {
            return Directory.Exists(named) ? named : throw FarmException.Usage($"The input folder {named} does not exist; correct --input, or use --no-input.");
        }

        var here = Path.TrimEndingDirectorySeparator(Directory.GetCurrentDirectory());
        var home = Path.TrimEndingDirectorySeparator(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));
        if (here != home && here.Length > 1)
        {
            return here;
        }

        terminal.Error.WriteLine($"Note: {here} is not sent as input by itself; use --input . if you mean it.");
        return null;
    }
}
