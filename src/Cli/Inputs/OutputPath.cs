namespace BuildFarm.Cli.Inputs;

/// <summary>Rules for the paths of outputs: relative, below the working directory, and literal.</summary>
public static class OutputPath
{
    /// <summary>Why the path cannot be an output, in words that follow "the output …"; null when it can.</summary>
    public static string? Objection(string path)
    {
        if (path.Length == 0)
        {
            return "is empty";
        }

        if (path.StartsWith('/'))
        {
            return "is absolute; write it relative to where the command runs";
        }

        if (path.Split('/').Contains("..", StringComparer.Ordinal))
        {
            return "leaves the working directory; outputs are below it";
        }

        if (path.AsSpan().ContainsAny("*?["))
        {
            return "is a pattern; name the file, or the folder that holds the files";
        }

        if (Normalize(path).Length == 0)
        {
            return "is the whole working directory; name a file or a folder in it";
        }

        return path.Any(char.IsControl) ? "has a control character" : null;
    }

    /// <summary>Whether a normalized path is <paramref name="folder"/> or something in it.</summary>
    public static bool IsAtOrBelow(string path, string folder) =>
        path == folder || (path.Length > folder.Length && path[folder.Length] == '/' && path.StartsWith(folder, StringComparison.Ordinal));

    /// <summary>Without '.' segments, doubled slashes and a slash at the end.</summary>
    public static string Normalize(string path) =>
        string.Join('/', path.Split('/').Where(segment => segment is not ("" or ".")));
}
