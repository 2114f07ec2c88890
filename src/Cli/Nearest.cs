namespace BuildFarm.Cli;

/// <summary>Finds what somebody meant to type.</summary>
public static class Nearest
{
    /// <summary>The candidate with the fewest edits to <paramref name="wrong"/>; null when none is near enough to be meant.</summary>
    public static string? Of(string wrong, IEnumerable<string> candidates)
    {
        string? best = null;
        var fewest = (Math.Max(wrong.Length, 3) / 3) + 1;
        foreach (var candidate in candidates)
        {
            var edits = Edits(wrong, candidate);
            if (edits < fewest)
            {
                fewest = edits;
                best = candidate;
            }
        }

        return best;
    }

    // Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    private static int Edits(string from, string to)
    {
        var rows = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (var j = 0; j <= to.Length; j++)
        {
            rows[0, j] = j;
        }

        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var replace = rows[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                var edits = Math.Min(replace, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    edits = Math.Min(edits, rows[i - 2, j - 2] + 1);
                }

                rows[i, j] = edits;
            }
        }

        return rows[from.Length, to.Length];
    }
}
