namespace BuildFarm.Cli.Inputs;

/// <summary>A bracket expression of a glob, such as <c>[a-z]</c>, <c>[!0-9]</c> or <c>[[:space:]_]</c>.</summary>
internal static class BracketExpression
{
    /// <summary>
    /// Whether <paramref name="c"/> belongs to the expression that starts at <paramref name="open"/>; null when the
    /// expression has no end or names an unknown class, in which case the pattern matches nothing.
    /// </summary>
    public static bool? Contains(ReadOnlySpan<char> pattern, int open, char c, out int next)
    {
        next = pattern.Length;
        var p = open + 1;
        var negated = p < pattern.Length && pattern[p] is '!' or '^';
        if (negated)
        {
            p++;
        }

        var found = false;
        var previous = '\0';
        for (var first = true; ; first = false)
        {
            if (p >= pattern.Length)
            {
                return null;
            }

            var member = pattern[p];
            if (member == ']' && !first)
            {
                next = p + 1;
                return found != negated;
            }

            if (member == '[' && p + 1 < pattern.Length && pattern[p + 1] == ':')
            {
                var length = pattern[(p + 2)..].IndexOf(']');
                if (length < 0)
                {
                    return null;
                }

                if (length > 0 && pattern[p + 2 + length - 1] == ':')
                {
                    if (InClass(pattern.Slice(p + 2, length - 1), c) is not { } inClass)
                    {
                        return null;
                    }

                    found |= inClass;
                    previous = '\0';
                    p += length + 3;
                    continue;
                }
            }

            if (member == '-' && previous != '\0' && p + 1 < pattern.Length && pattern[p + 1] != ']')
            {
                p++;
                var high = pattern[p];
                if (high == '\\')
                {
                    if (++p >= pattern.Length)
                    {
                        return null;
                    }

                    high = pattern[p];
                }

                found |= c >= previous && c <= high;
                previous = '\0';
                p++;
                continue;
            }

            if (member == '\\')
            {
                if (++p >= pattern.Length)
                {
                    return null;
                }

                member = pattern[p];
            }

            found |= c == member;
            previous = member;
            p++;
        }
    }

    // The classes of POSIX for the bytes of ASCII, as git has them; other characters are in none.
    private static bool? InClass(ReadOnlySpan<char> name, char c) => name switch
    {
        "alnum" => char.IsAsciiLetterOrDigit(c),
        "alpha" => char.IsAsciiLetter(c),
        "blank" => c is ' ' or '\t',
        "cntrl" => c is < ' ' or '\x7f',
        "digit" => char.IsAsciiDigit(c),
        "graph" => c is > ' ' and < '\x7f',
        "lower" => char.IsAsciiLetterLower(c),
        "print" => c is >= ' ' and < '\x7f',
        "punct" => c is > ' ' and < '\x7f' && !char.IsAsciiLetterOrDigit(c),
        "space" => c is ' ' or (>= '\t' and <= '\r'),
        "upper" => char.IsAsciiLetterUpper(c),
        "xdigit" => char.IsAsciiHexDigit(c),
        _ => null,
    };
}
