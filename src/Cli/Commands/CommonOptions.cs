using System.CommandLine;
using BuildFarm.Cli.JobFiles;
using BuildFarm.Cli.Output;

namespace BuildFarm.Cli.Commands;

/// <summary>Options that several verbs have, and readers of their values that say what is wrong.</summary>
internal static class CommonOptions
{
    public static Option<string?> Farm { get; } = new("--farm")
    {
        Description = "The farm to use, such as http://host:8980; several coordinators with commas. Default: $FARM_URL, else your own farm on this machine.",
        HelpName = "URL",
        Recursive = true,
    };

    public static Option<bool> Json() => new("--json") { Description = "One JSON object a line on standard output." };

    public static ProgressMode ProgressOf(string? text) => text switch
    {
        null or "auto" => ProgressMode.Auto,
        "plain" => ProgressMode.Plain,
        "tty" => ProgressMode.Tty,
        "quiet" => ProgressMode.Quiet,
        _ => throw FarmException.Usage($"--progress is '{text}'; it can be auto, plain, tty or quiet."),
    };

    /// <summary>The path of the JUnit file. A folder that is not there is found before the run, not after it.</summary>
    public static string? JUnitOf(string? path)
    {
        if (path is null)
        {
            return null;
        }

        if (path.Length == 0 || Directory.Exists(path))
        {
            throw FarmException.Usage($"--junit is '{path}', which is no file; name one to write.");
        }

        return Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path)))
            ? path
            : throw FarmException.Usage($"--junit is '{path}', and the folder it is in does not exist; make it first.");
    }

    /// <summary>The folder of <c>--data</c>; it need not exist yet.</summary>
    public static string? DataFolder(string? path) => path switch
    {
        null => null,
        "" => throw FarmException.Usage("--data is empty; name a folder."),
        _ when File.Exists(path) => throw FarmException.Usage($"--data is '{path}', which is a file; name a folder, or a path that does not exist yet."),
        _ => path,
    };

    public static bool TerminateCancels(string? text) => text switch
    {
        null or "detach" => false,
        "cancel" => true,
        _ => throw FarmException.Usage($"--on-term is '{text}'; it can be detach or cancel."),
    };

    public static int Number(string option, string? text, int fallback, int least, int most) =>
        text is null ? fallback
        : int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
        : throw FarmException.Usage($"{option} is '{text}'; it must be a whole number from {least} to {most}.");

    /// <summary>The number of an event; a coordinator that took over counts on from far above.</summary>
    public static long Sequence(string option, string? text) =>
        text is null ? 0
        : long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) && value >= 0 ? value
        : throw FarmException.Usage($"{option} is '{text}'; it must be the number of an event.");

    public static long Cpu(string? text) =>
        text is null ? 0 : Quantity.CpuMillis(text) ?? throw FarmException.Usage($"--cpu is '{text}'; it must be a number of CPUs such as 2 or 0.5.");

    public static long Memory(string? text) =>
        text is null ? 0 : Quantity.Bytes(text) ?? throw FarmException.Usage($"--memory is '{text}'; it must be an amount such as 512M or 2G.");

    public static TimeSpan? Timeout(string? text) => Time("--timeout", text);

    public static TimeSpan? Time(string option, string? text) =>
        text is null ? null : Quantity.Time(text) ?? throw FarmException.Usage($"{option} is '{text}'; it must be a time such as 90s, 10m or 1h30m.");

    /// <summary>Amounts of what workers count by name, from <c>NAME=AMOUNT</c>; a name alone is one of it.</summary>
    public static IReadOnlyDictionary<string, long> Named(string option, string[] texts)
    {
        var named = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var (name, amount) = equals < 0 ? (text, "1") : (text[..equals], text[(equals + 1)..]);
            if (name.Length == 0 || !long.TryParse(amount, System.Globalization.CultureInfo.InvariantCulture, out var count) || count < 1)
            {
                throw FarmException.Usage($"{option} is '{text}'; write NAME=AMOUNT with a whole amount above 0, as in gpu=1.");
            }

            named[name] = count;
        }

        return named;
    }
}
