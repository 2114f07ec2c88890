using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace BuildFarm.Hosting.Configuration;

/// <summary>
/// Binds sections of the configuration to options and collects everything that is wrong with all of them, so that one
/// start shows every mistake. An unknown key is a mistake: it is usually a typing error in a known one.
/// </summary>
public sealed class OptionsReader(IConfiguration configuration)
{
    private readonly List<string> _problems = [];

    /// <summary>
    /// Reads one section. The result is only to be used after <see cref="ThrowIfAnyProblem"/>: what cannot be read keeps
    /// its default meanwhile.
    /// </summary>
    public T Read<T>(string section)
        where T : class, ICheckedOptions, new()
    {
        var options = new T();
        foreach (var child in configuration.GetSection(section).GetChildren())
        {
            Bind(options, child);
        }

        _problems.AddRange(options.FindProblems().Select(problem => $"{section}:{problem}"));
        return options;
    }

    /// <summary>Adds the problems that only several options together show.</summary>
    public void Add(IEnumerable<string> lines) => _problems.AddRange(lines);

    /// <exception cref="ConfigurationProblemsException">Anything read so far cannot be used.</exception>
    public void ThrowIfAnyProblem()
    {
        if (_problems.Count > 0)
        {
            throw new ConfigurationProblemsException(_problems);
        }
    }

    private void Bind(object options, IConfigurationSection child)
    {
        var property = options.GetType().GetProperty(child.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
        if (property is not { CanWrite: true })
        {
            _problems.Add($"{child.Path}: unknown option; known here: {KnownKeys(options)}");
            return;
        }

        try
        {
            property.SetValue(options, child.Get(property.PropertyType, binder => binder.ErrorOnUnknownConfiguration = true));
        }
        catch (InvalidOperationException e)
        {
            _problems.Add($"{child.Path}: {OneLine(e.InnerException ?? e)}");
        }
    }

    private static string KnownKeys(object options) =>
        string.Join(", ", options.GetType().GetProperties().Where(p => p.CanWrite).Select(p => p.Name));

    private static string OneLine(Exception e) => e.Message.ReplaceLineEndings(" ");
}
