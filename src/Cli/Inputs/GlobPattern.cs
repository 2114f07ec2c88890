namespace BuildFarm.Cli.Inputs;

/// <summary>
/// The glob language of git's ignore files (gitignore(5)): <c>*</c> and <c>?</c> stay inside one path segment, a bracket
/// expression too, <c>**</c> as a whole segment crosses segments, and a backslash takes the next character literally.
/// </summary>
public static class GlobPattern
{
    private enum Match
    {
        Yes,

        // No match here; a longer text on the left may still match.
        No,

        // The text ran out: nothing further right can match.
        TextEnded,

        // A star met a slash it must not cross; only a `**` further left can help.
        SlashInTheWay,
    }

    /// <summary>True when the whole of <paramref name="path"/> (segments joined by '/') matches.</summary>
    public static bool IsMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> path) => Walk(pattern, 0, path, 0) == Match.Yes;

    /// <summary>True when the text has a character that this language gives a meaning.</summary>
    public static bool HasWildcard(ReadOnlySpan<char> pattern) => pattern.IndexOfAny("*?[\\") >= 0;

    private static Match Walk(ReadOnlySpan<char> pattern, int p, ReadOnlySpan<char> text, int t)
    {
        while (p < pattern.Length)
        {
            var c = pattern[p];
            if (c == '*')
            {
                return Star(pattern, p, text, t);
            }

            if (t >= text.Length)
            {
                return Match.TextEnded;
            }

            switch (c)
            {
                case '?':
                    if (text[t] == '/')
                    {
                        return Match.No;
                    }

                    p++;
                    break;
                case '[':
                    var member = BracketExpression.Contains(pattern, p, text[t], out var next);
                    if (member is null)
                    {
                        return Match.TextEnded;
                    }

                    if (!member.Value || text[t] == '/')
                    {
                        return Match.No;
                    }

                    p = next;
                    break;
                case '\\':
                    // A backslash at the very end matches nothing.
                    if (p + 1 >= pattern.Length || text[t] != pattern[p + 1])
                    {
                        return Match.No;
                    }

                    p += 2;
                    break;
                default:
                    if (text[t] != c)
                    {
                        return Match.No;
                    }

                    p++;
                    break;
            }

            t++;
        }

        return t == text.Length ? Match.Yes : Match.No;
    }

    private static Match Star(ReadOnlySpan<char> pattern, int p, ReadOnlySpan<char> text, int t)
    {
        var start = p;
        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        var crossesSlashes = false;
        if (p - start > 1)
        {
            // `**` crosses segments only when it stands alone between slashes or ends.
            var boundedLeft = start == 0 || pattern[start - 1] == '/';
            var rest = pattern[p..];
            var boundedRight = rest.IsEmpty || rest[0] == '/' || (rest.Length > 1 && rest[0] == '\\' && rest[1] == '/');
            if (boundedLeft && boundedRight)
            {
                if (!rest.IsEmpty && rest[0] == '/' && Walk(pattern, p + 1, text, t) == Match.Yes)
                {
                    return Match.Yes;
                }

                crossesSlashes = true;
            }
        }

        if (p == pattern.Length)
        {
            return crossesSlashes || text[t..].IndexOf('/') < 0 ? Match.Yes : Match.SlashInTheWay;
        }

        if (!crossesSlashes && pattern[p] == '/')
        {
            var slash = text[t..].IndexOf('/');
            return slash < 0 ? Match.SlashInTheWay : Walk(pattern, p, text, t + slash);
        }

        for (; t < text.Length; t++)
        {
            var matched = Walk(pattern, p, text, t);
            if (matched != Match.No)
            {
                if (!crossesSlashes || matched != Match.SlashInTheWay)
                {
                    return matched;
                }
            }
            else if (!crossesSlashes && text[t] == '/')
            {
                return Match.SlashInTheWay;
            }
        }

        return Match.TextEnded;
    }
}
