namespace BuildFarm.Cli.Inputs;

/// <summary>One line of an ignore file.</summary>
public sealed class IgnoreRule
{
    private readonly string _pattern;
    private readonly bool _directoriesOnly;
    private readonly bool _byName;
    private readonly bool _literal;

    private IgnoreRule(string pattern, bool negated, bool directoriesOnly, bool byName)
    {
        _pattern = pattern;
        Negated = negated;
        _directoriesOnly = directoriesOnly;
        _byName = byName;
        _literal = !GlobPattern.HasWildcard(pattern);
    }

    /// <summary>The line began with '!': a match takes the path back in.</summary>
    public bool Negated { get; }

    /// <summary>Reads one line without its line end; null for a blank line or a comment.</summary>
    public static IgnoreRule? TryParse(string line)
    {
        var text = TrimTrailingSpaces(line);
        if (text.Length == 0 || text[0] == '#')
        {
            return null;
        }

        var negated = text[0] == '!';
        if (negated)
        {
            text = text[1..];
        }

        var directoriesOnly = text.EndsWith('/');
        if (directoriesOnly)
        {
            text = text[..^1];
        }

        // Without a slash (other than at the end) the rule looks at the last segment, at any depth below its file.
        var byName = !text.Contains('/', StringComparison.Ordinal);
        return new IgnoreRule(text.StartsWith('/') ? text[1..] : text, negated, directoriesOnly, byName);
    }

    /// <summary>Whether the rule speaks of the path, which is relative to the folder of the rule's file.</summary>
    public bool IsMatch(ReadOnlySpan<char> path, bool isDirectory)
    {
        if (_directoriesOnly && !isDirectory)
        {
            return false;
        }

        if (_byName)
        {
            path = path[(path.LastIndexOf('/') + 1)..];
        }

        return _literal ? path.SequenceEqual(_pattern) : GlobPattern.IsMatch(_pattern, path);
    }

    // Spaces at the end do not count unless a backslash protects them.
    private static string TrimTrailingSpaces(string line)
    {
        var keep = line.Length;
        for (var i = 0; i < line.Length; i++)
        {
            switch (line[i])
            {
                case ' ':
                    keep = Math.Min(keep, i);
                    break;
                case '\\':
                    i++;
                    keep = line.Length;
                    break;
                default:
                    keep = line.Length;
                    break;
            }
        }

        return line[..keep];
    }
}
