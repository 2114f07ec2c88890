namespace BuildFarm.Cli.JobFiles;

/// <summary>Makes the one-line errors of job files: <c>file:line:column: what; what to do</c>.</summary>
internal static class JobFileErrors
{
    public static FarmException At(string path, Place at, string message) =>
        FarmException.Usage($"{path}:{at.Line}:{at.Column}: {message}");

    /// <summary>"; did you mean X?" when one of the candidates is near, else "; known ones are …".</summary>
    public static string Suggest(string wrong, IEnumerable<string> candidates)
    {
        var known = candidates.ToArray();
        return Nearest.Of(wrong, known) is { } near
            ? $"; did you mean '{near}'?"
            : known.Length == 0 ? string.Empty : $"; known: {string.Join(", ", known.Take(20))}.";
    }
}
