using System.Globalization;
using System.Text;

namespace BuildFarm.TestKit;

/// <summary>Looks for a text where no secret may be.</summary>
public static class SecretSearch
{
    /// <summary>Files below a folder that have the text in their content or their name. What goes away meanwhile is not looked at.</summary>
    public static IReadOnlyList<string> InFiles(string folder, string text)
    {
        var found = new List<string>();
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };
        foreach (var file in Directory.EnumerateFiles(folder, "*", options))
        {
            if (file.Contains(text, StringComparison.Ordinal) || Holds(file, text))
            {
                found.Add(file);
            }
        }

        return found;
    }

    /// <summary>Command lines and environments of all processes of this machine but this one, which knows what it looks for.</summary>
    public static IReadOnlyList<string> InProcesses(string text) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Where(static folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId)
            .SelectMany(static folder => new[] { $"{folder}/cmdline", $"{folder}/environ" })
            .Where(file => Holds(file, text)),
    ];

    private static bool Holds(string file, string text)
    {
        try
        {
            return new FileInfo(file).LinkTarget is null && File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
