using BuildFarm.TestSplitting.PythonDoctest;
using Xunit;

namespace BuildFarm.TestSplitting.Tests;

/// <summary>Files of the installed standard library: tested where they are, with a copy as the declared input.</summary>
public sealed class StandardLibraryTests
{
    [Theory]
    [InlineData("json/encoder.py", "json.encoder")]
    [InlineData("heapq.py", "heapq")]
    [InlineData("collections/__init__.py", "collections")]
    [InlineData("statistics.py", "statistics")]
    [InlineData("doctest.py", "doctest")]
    [InlineData("importlib/metadata/_text.py", "importlib.metadata._text")]
    public async Task InstalledModule_WithItsCopyDeclared_PassesUnderItsOwnName(string path, string module)
    {
        using var project = new PythonProject();
        var library = await LibraryAsync(project);
        project.Write(path, await File.ReadAllBytesAsync(Path.Combine(library, path), TestContext.Current.CancellationToken));

        var (exitCode, output, report) = await project.TestAsync(path, new PythonDoctestOptions { InstalledRoot = library });

        Assert.True(exitCode == 0, output);
        Assert.Equal(module, report.Module);
        Assert.True(report.Examples > 0);
        Assert.Equal(report.PlannedDocstrings, report.Docstrings.Count);
    }

    [Fact]
    public async Task InstalledModule_DeclaredCopyDiffers_IsBroken()
    {
        using var project = new PythonProject(("heapq.py", "another version"));

        var (exitCode, _, report) = await project.TestAsync("heapq.py", new PythonDoctestOptions { InstalledRoot = await LibraryAsync(project) });

        Assert.Equal(DoctestDriver.ExitBroken, exitCode);
        Assert.Contains("differs from the copy", report.Error, StringComparison.Ordinal);
    }

    private static async Task<string> LibraryAsync(PythonProject project)
    {
        using var process = project.Run([PythonProject.Interpreter, "-c", "import os; print(os.path.dirname(os.__file__))"]);
        return (await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim();
    }
}
