namespace BuildFarm.Hosting.Configuration;

/// <summary>A secret in a file of its own: it is in no command line, no environment and no log.</summary>
public static class KeyFile
{
    private const int ShortestKey = 32;

    /// <summary>What is wrong with the file, in words that follow the option's name; null when nothing is.</summary>
    public static string? FindProblem(string path)
    {
        try
        {
            return Read(path).Length >= ShortestKey
                ? null
                : $"the key in {path} is shorter than {ShortestKey} characters; make one with: openssl rand -hex 32";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the key cannot be read: {e.Message}";
        }
    }

    /// <summary>The key, without white space around it.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Read(string path) => File.ReadAllText(path).Trim();
}
