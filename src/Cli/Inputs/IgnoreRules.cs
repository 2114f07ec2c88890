namespace BuildFarm.Cli.Inputs;

/// <summary>
/// The ignore files that are in force in one folder: its own and, through <c>outer</c>, those of the folders above.
/// The innermost folder decides first, and in one folder the last line that matches: <c>.farmignore</c> comes after
/// <c>.gitignore</c>, so it can take paths back in.
/// </summary>
public sealed class IgnoreRules
{
    /// <summary>The names of ignore files, in the order in which they are read.</summary>
    public static readonly IReadOnlyList<string> FileNames = [".gitignore", ".farmignore"];

    private readonly IgnoreRules? _outer;
    private readonly List<IgnoreRule> _rules;

    // Length of the path of the rules' folder with its slash, inside the paths that are asked about.
    private readonly int _prefix;

    private IgnoreRules(IgnoreRules? outer, List<IgnoreRule> rules, int prefix)
    {
        _outer = outer;
        _rules = rules;
        _prefix = prefix;
    }

    /// <summary>Nothing is ignored.</summary>
    public static IgnoreRules None { get; } = new(null, [], 0);

    /// <summary>
    /// The rules for <paramref name="folder"/>, a path relative to the base of all rules ("" for the base itself) that is
    /// found on disk at <paramref name="diskPath"/>.
    /// </summary>
    /// <exception cref="IOException">An ignore file exists and cannot be read.</exception>
    public IgnoreRules Enter(string diskPath, string folder)
    {
        List<IgnoreRule>? rules = null;
        foreach (var name in FileNames)
        {
            var file = Path.Combine(diskPath, name);
            if (File.Exists(file))
            {
                (rules ??= []).AddRange(Parse(File.ReadAllText(file)));
            }
        }

        return rules is null or [] ? this : With(rules, folder);
    }

    /// <summary>The rules of one text in force below <paramref name="folder"/>.</summary>
    public IgnoreRules With(IEnumerable<IgnoreRule> rules, string folder) =>
        new(this, [.. rules], folder.Length == 0 ? 0 : folder.Length + 1);

    /// <summary>The rules of an ignore file, in order.</summary>
    public static IEnumerable<IgnoreRule> Parse(string text)
    {
        foreach (var line in text.TrimStart('\uFEFF').Split('\n'))
        {
            if (IgnoreRule.TryParse(line.EndsWith('\r') ? line[..^1] : line) is { } rule)
            {
                yield return rule;
            }
        }
    }

    /// <summary>
    /// Whether the path (relative to the base) is left out. What is below an ignored folder is ignored whatever the rules
    /// say, which a caller gets by not entering it.
    /// </summary>
    public bool IsIgnored(string path, bool isDirectory)
    {
        for (var scope = this; scope is not null; scope = scope._outer)
        {
            var relative = path.AsSpan(scope._prefix);
            for (var i = scope._rules.Count - 1; i >= 0; i--)
            {
                if (scope._rules[i].IsMatch(relative, isDirectory))
                {
                    return !scope._rules[i].Negated;
                }
            }
        }

        return false;
    }
}
