using System.Globalization;
using System.Reflection;
using System.Xml.Linq;

namespace BuildFarm.Hosting.Configuration;

/// <summary>
/// What the command line of a service may hold: <c>--Section:Option value</c> for the sections that the service reads, and
/// <c>--help</c>, whose text comes from the options themselves and their documentation.
/// </summary>
/// <param name="program">Name of the executable.</param>
/// <param name="purpose">One sentence.</param>
/// <param name="sections">What the service reads from its configuration.</param>
public sealed class ServiceCommandLine(string program, string purpose, params (string Section, Type Options)[] sections)
{
    private const int Width = 110;

    // Read by the platform's logging, not by the service.
    private const string LoggingSection = "Logging";

    /// <summary>
    /// The exit status when there is nothing to start: the help was asked for, or an option is unknown. Null to go on.
    /// </summary>
    public int? Answer(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        if (arguments.Any(argument => argument is "--help" or "-h" or "-?"))
        {
            WriteHelp(output);
            return ExitCode.Ok;
        }

        if (FindProblem(arguments) is { } problem)
        {
            error.WriteLine($"{program}: {problem}; see '{program} --help'");
            return ExitCode.Usage;
        }

        return null;
    }

    private string? FindProblem(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i].Split('=')[0];
            if (!name.StartsWith("--", StringComparison.Ordinal))
            {
                return $"'{arguments[i]}' is no option";
            }

            var section = name[2..].Split(':')[0];
            if (!name.Contains(':', StringComparison.Ordinal) || !IsKnown(section))
            {
                return $"there is no option {name}";
            }

            if (name.Length == arguments[i].Length && ++i == arguments.Count)
            {
                return $"{name} needs a value";
            }
        }

        return null;
    }

    private bool IsKnown(string section) =>
        section.Equals(LoggingSection, StringComparison.OrdinalIgnoreCase)
        || sections.Any(known => known.Section.Equals(section, StringComparison.OrdinalIgnoreCase));

    private void WriteHelp(TextWriter output)
    {
        output.WriteLine(purpose);
        output.WriteLine();
        output.WriteLine($"Usage: {program} [--Section:Option VALUE]…");
        output.WriteLine("Each option may also be an environment variable (Section__Option) or stand in appsettings.json beside the program.");
        foreach (var (section, type) in sections)
        {
            var defaults = Activator.CreateInstance(type);
            var documentation = Documentation(type);
            foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
            {
                output.WriteLine();
                output.WriteLine($"  --{section}:{property.Name}{Default(property.GetValue(defaults))}");
                foreach (var line in Wrap(documentation($"P:{property.DeclaringType!.FullName}.{property.Name}")))
                {
                    output.WriteLine($"      {line}");
                }
            }
        }
    }

    private static string Default(object? value) => value switch
    {
        null or "" or System.Collections.IEnumerable and not string => "",
        IFormattable formattable => $"  [{formattable.ToString(null, CultureInfo.InvariantCulture)}]",
        _ => $"  [{value}]",
    };

    // The compiler's documentation file lies beside the assembly; without it the options are listed bare.
    private static Func<string, string> Documentation(Type type)
    {
        var file = Path.ChangeExtension(type.Assembly.Location, ".xml");
        if (!File.Exists(file))
        {
            return _ => "";
        }

        var members = XDocument.Load(file).Descendants("member").ToLookup(member => (string?)member.Attribute("name"), StringComparer.Ordinal);
        return name => string.Concat(members[name].Elements("summary").Nodes().Select(Text));
    }

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement element when element.Attribute("cref") is { } reference => reference.Value[(reference.Value.LastIndexOf('.') + 1)..],
        XElement element => element.Value,
        _ => "",
    };

    private static IEnumerable<string> Wrap(string text)
    {
        var line = "";
        foreach (var word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + word.Length > Width)
            {
                yield return line;
                line = "";
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        if (line.Length > 0)
        {
            yield return line;
        }
    }
}
