using System.Text.RegularExpressions;
using Xunit;

namespace BuildFarm.Architecture.Tests;

/// <summary>Rules about files that no compiler or analyzer checks.</summary>
public sealed partial class SourceRules
{
    [Fact]
    public void SourceFile_Length_IsAtMost300Lines()
    {
        var tooLong = Solution.SourceFiles("src", "*.cs").Where(path => File.ReadLines(path).Count() > 300);

        Assert.Empty(tooLong.Select(path => Path.GetRelativePath(Solution.Root, path)));
    }

    [Fact]
    public void SourceFile_Text_PromisesNothingForLater()
    {
        var files = Solution.SourceFiles("src", "*.cs").Concat(Solution.SourceFiles("protos", "*.proto"));

        Assert.Empty(files.Where(path => LeftUndone().IsMatch(File.ReadAllText(path))).Select(path => Path.GetRelativePath(Solution.Root, path)));
    }

    [Fact]
    public void Package_Version_StandsInOnePlace()
    {
        var projects = Solution.SourceFiles("src", "*.csproj").Concat(Solution.SourceFiles("tests", "*.csproj"));

        Assert.Empty(projects.Where(path => VersionOfItsOwn().IsMatch(File.ReadAllText(path))).Select(path => Path.GetRelativePath(Solution.Root, path)));
    }

    [Fact]
    public void DecisionRecord_Number_IsUnique()
    {
        var numbers = Directory.EnumerateFiles(Path.Combine(Solution.Root, "docs", "adr"), "0*.md").Select(path => Path.GetFileName(path)[..4]).ToList();

        Assert.NotEmpty(numbers);
        Assert.Equal(numbers.Count, numbers.Distinct(StringComparer.Ordinal).Count());
    }

    [GeneratedRegex(@"NotImplementedException|\b(TODO|FIXME|HACK|XXX)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex LeftUndone();

    [GeneratedRegex("PackageReference[^>]*\\sVersion(Override)?=", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex VersionOfItsOwn();
}
