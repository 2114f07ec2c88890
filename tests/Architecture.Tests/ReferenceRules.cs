using Xunit;

namespace BuildFarm.Architecture.Tests;

/// <summary>Who may reference whom: the table is the architecture, and a project that is not in it fails.</summary>
public sealed class ReferenceRules
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Rpc.Api"] = [],
        ["Rpc.Client"] = ["Rpc.Api"],
        ["Contracts"] = ["Rpc.Api"],
        ["Rpc.Server"] = ["Rpc.Api", "Contracts"],
        ["Digests"] = [],
        ["Digests.Trees"] = ["Digests", "Contracts"],
        ["BlobStore"] = ["Digests", "Digests.Trees", "Contracts", "Rpc.Client"],
        ["Scheduling"] = ["Digests"],
        ["TestSplitting"] = ["Contracts"],
        ["Hosting"] = ["Rpc.Server", "Rpc.Client", "Contracts"],
        ["Coordinator"] = ["Hosting", "Scheduling", "BlobStore", "Digests", "Digests.Trees", "Contracts", "Rpc.Server", "Rpc.Client"],
        ["Cache"] = ["Hosting", "BlobStore", "Digests", "Digests.Trees", "Contracts", "Rpc.Server"],
        ["Worker"] = ["Hosting", "BlobStore", "Digests", "Digests.Trees", "Contracts", "Rpc.Client"],
        ["Cli"] = ["Coordinator", "Cache", "Worker", "TestSplitting", "Hosting", "BlobStore", "Digests", "Digests.Trees", "Contracts", "Rpc.Client"],
    };

    public static TheoryData<string> Projects => [.. Solution.Projects.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_OnlyWhatTheTableAllows(string name)
    {
        Assert.True(Allowed.TryGetValue(name, out var allowed), $"{name} is not in the table of the reference rules: decide what it may reference.");
        Assert.Empty(Solution.Projects[name].ProjectReferences.Except(allowed!, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Rpc.Api")]
    [InlineData("Rpc.Client")]
    [InlineData("Contracts")]
    [InlineData("Digests")]
    [InlineData("Digests.Trees")]
    [InlineData("BlobStore")]
    [InlineData("Scheduling")]
    [InlineData("TestSplitting")]
    public void Library_NeverPullsIn_AspNet(string name)
    {
        Assert.False(Solution.Projects[name].UsesAspNet);
    }

    [Fact]
    public void Scheduling_References_NoPackage()
    {
        Assert.Empty(Solution.Projects["Scheduling"].PackageReferences);
    }

    [Fact]
    public void Scheduling_Assembly_ReferencesNoInputOutputAssembly()
    {
        var references = typeof(Scheduling.Scheduler).Assembly.GetReferencedAssemblies().Select(reference => reference.Name!);

        Assert.DoesNotContain(references, name =>
            name.StartsWith("System.Net", StringComparison.Ordinal)
            || name.StartsWith("System.IO", StringComparison.Ordinal)
            || name.StartsWith("System.Threading", StringComparison.Ordinal)
            || name.StartsWith("System.Diagnostics.Process", StringComparison.Ordinal));
    }

    [Fact]
    public void EveryProject_IsInTheSolution()
    {
        var solution = File.ReadAllText(Path.Combine(Solution.Root, "BuildFarm.sln")).Replace('\\', '/');
        // The NativeAOT client is published by its test, for a framework that nothing else is built for alone.
        var projects = Solution.SourceFiles("src", "*.csproj").Concat(Solution.SourceFiles("tests", "*.csproj"))
            .Select(path => Path.GetRelativePath(Solution.Root, path))
            .Where(path => !path.Contains("Rpc.AotClient", StringComparison.Ordinal));

        Assert.All(projects, path => Assert.Contains(path, solution, StringComparison.Ordinal));
    }
}
