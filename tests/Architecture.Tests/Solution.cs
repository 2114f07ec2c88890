using System.Xml.Linq;

namespace BuildFarm.Architecture.Tests;

/// <summary>The projects of the repository as their files on disk say, without loading any of them.</summary>
internal static class Solution
{
    public static string Root { get; } = FindRoot();

    /// <summary>Every project below src/, by assembly name without the "BuildFarm." prefix.</summary>
    public static IReadOnlyDictionary<string, Project> Projects { get; } =
        Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(Project.Load)
            .ToDictionary(project => project.Name, StringComparer.Ordinal);

    /// <summary>Source files that people wrote: tracked folders only, no build output.</summary>
    public static IEnumerable<string> SourceFiles(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(path => !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal));

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "BuildFarm.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("BuildFarm.sln is in no folder above the tests.");
        }

        return folder;
    }
}

/// <summary>One project file.</summary>
internal sealed record Project(string Name, string Folder, IReadOnlyList<string> ProjectReferences, IReadOnlyList<string> PackageReferences, bool UsesAspNet)
{
    public static Project Load(string path)
    {
        var xml = XDocument.Load(path);
        return new Project(
            Short(Path.GetFileNameWithoutExtension(path)),
            Path.GetDirectoryName(path)!,
            [.. Includes("ProjectReference").Select(include => Short(Path.GetFileNameWithoutExtension(include.Replace('\\', '/'))))],
            [.. Includes("PackageReference")],
            Includes("FrameworkReference").Contains("Microsoft.AspNetCore.App", StringComparer.Ordinal));

        IEnumerable<string> Includes(string element) => xml.Descendants(element).Select(item => (string)item.Attribute("Include")!);

        static string Short(string name) => name["BuildFarm.".Length..];
    }
}
