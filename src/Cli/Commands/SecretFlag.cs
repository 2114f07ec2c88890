using System.CommandLine;
using BuildFarm.Hosting;

namespace BuildFarm.Cli.Commands;

/// <summary><c>--secret NAME</c>: secrets that the farm holds, for the tasks of a run.</summary>
internal static class SecretFlag
{
    /// <summary>May be given several times.</summary>
    public static Option<string[]> Option { get; } = new("--secret")
    {
        Description = "A secret of the farm's that each task finds as a file in $FARM_SECRETS; repeatable.",
        HelpName = "NAME",
    };

    /// <summary>The names that were given.</summary>
    /// <exception cref="FarmException">One is none, or they are too many.</exception>
    public static string[] Read(ParseResult parsed)
    {
        var names = parsed.GetValue(Option) ?? [];
        if (Array.Find(names, static name => !SecretNames.IsName(name)) is { } wrong)
        {
            throw FarmException.Usage($"--secret is '{wrong}'; {SecretNames.Rule}. It names a secret that the farm holds, never its value.");
        }

        return names.Distinct(StringComparer.Ordinal).Count() == names.Length && names.Length <= SecretNames.Most
            ? names
            : throw FarmException.Usage($"--secret has a name twice, or more than {SecretNames.Most}.");
    }
}
