namespace BuildFarm.Cli.Inputs;

/// <summary>Chooses entries of a folder by the patterns of a job file.</summary>
public static class InputPatterns
{
    /// <summary>
    /// The entries that the pattern names: a file or link that matches, and everything below a folder that matches.
    /// Empty when it names nothing.
    /// </summary>
    public static IReadOnlyList<InputEntry> Select(IReadOnlyList<InputEntry> entries, string pattern)
    {
        var wanted = pattern.TrimEnd('/');
        if (wanted is "." or "**" or "")
        {
            return entries;
        }

        wanted = wanted.StartsWith("./", StringComparison.Ordinal) ? wanted[2..] : wanted;
        var literal = !GlobPattern.HasWildcard(wanted);
        var chosen = new List<InputEntry>();
        string? inside = null;
        foreach (var entry in entries)
        {
            if (inside is not null && entry.Path.StartsWith(inside, StringComparison.Ordinal))
            {
                chosen.Add(entry);
                continue;
            }

            inside = null;
            if (literal ? entry.Path == wanted : GlobPattern.IsMatch(wanted, entry.Path))
            {
                chosen.Add(entry);
                inside = entry.Facts.Kind == FileKind.Directory ? entry.Path + "/" : null;
            }
        }

        return chosen;
    }

    /// <summary>The path itself and everything below it.</summary>
    public static IEnumerable<string> Under(IReadOnlyList<InputEntry> entries, string path) => entries
        .Select(entry => entry.Path)
        .Where(entry => path == "." || entry == path || entry.StartsWith(path + "/", StringComparison.Ordinal));

    /// <summary>
    /// Why the pattern cannot be one, in words that follow "the pattern …"; null when it can: patterns are relative and
    /// stay inside their folder.
    /// </summary>
    public static string? Objection(string pattern) => pattern switch
    {
        "" => "is empty",
        _ when pattern.StartsWith('/') => "is absolute; write it relative to the folder of the job file",
        _ when pattern.Split('/').Contains("..", StringComparer.Ordinal) => "leaves the folder of the job file; move the job file up instead",
        _ when pattern.Any(char.IsControl) => "has a control character",
        _ => null,
    };
}
