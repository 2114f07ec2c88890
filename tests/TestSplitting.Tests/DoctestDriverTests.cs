using System.Diagnostics;
using BuildFarm.TestSplitting.PythonDoctest;
using Xunit;

namespace BuildFarm.TestSplitting.Tests;

public sealed class DoctestDriverTests
{
    private const string Good = "\"\"\"\n>>> 1 + 1\n2\n>>> print('a')\na\n\"\"\"\n\ndef f():\n    '''\n    >>> f()\n    7\n    '''\n    return 7\n";

    [Fact]
    public async Task File_AllExamplesPass_ExitsZeroAndReportsEachDocstring()
    {
        using var project = new PythonProject(("good.py", Good));

        var (exitCode, output, report) = await project.TestAsync("good.py");

        Assert.Equal(DoctestDriver.ExitPassed, exitCode);
        Assert.Equal(DoctestEnd.Passed, report.End);
        Assert.Equal("good", report.Module);
        Assert.Equal([("good", 1, 2), ("good.f", 9, 1)], report.Docstrings.Select(docstring => (docstring.Name, docstring.Line ?? 0, docstring.Examples)));
        Assert.Equal(3, report.Examples);
        Assert.Equal(2, report.PlannedDocstrings);
        Assert.Null(report.Unfinished);
        Assert.Contains("[2/2] good.f: 1 passed", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_ExamplesFail_PrintsWhatDoctestPrintsAndReportsEach()
    {
        const string Bad = "def f():\n    '''Fails.\n\n    >>> f()\n    8\n    >>> 1 / 0\n    0\n    >>> f()\n    7\n    '''\n    return 7\n";
        using var project = new PythonProject(("bad.py", Bad));

        var (exitCode, output, report) = await project.TestAsync("bad.py");

        Assert.Equal(DoctestDriver.ExitFailed, exitCode);
        Assert.Equal(DoctestEnd.Failed, report.End);
        Assert.Equal(2, report.Failures);
        var failures = Assert.Single(report.Docstrings).Failures;
        Assert.Equal((4, "f()\n", "8\n", "7\n"), (failures[0].Line ?? 0, failures[0].Source, failures[0].Want, failures[0].Got));
        Assert.Equal((6, "ZeroDivisionError: division by zero"), (failures[1].Line ?? 0, failures[1].Exception));
        Assert.Equal(await OwnDoctestAsync(project, "bad.py"), FailureText(output));
    }

    [Fact]
    public async Task File_LinesMove_FailuresKeepTheirIdentities()
    {
        const string Bad = "def f():\n    '''\n    >>> 1\n    2\n    >>> 1\n    3\n    '''\n";
        using var project = new PythonProject(("bad.py", Bad));
        var before = (await project.TestAsync("bad.py")).Report.Docstrings[0].Failures.Select(failure => failure.Id).ToArray();
        project.Write("bad.py", System.Text.Encoding.UTF8.GetBytes("\n\n# moved\n" + Bad));

        var after = (await project.TestAsync("bad.py")).Report.Docstrings[0].Failures.Select(failure => failure.Id).ToArray();

        Assert.Equal(before, after);
        Assert.NotEqual(before[0], before[1]);
    }

    [Fact]
    public async Task File_InsidePackage_IsImportedByItsDottedName()
    {
        using var project = new PythonProject(
            ("src/pkg/__init__.py", ""),
            ("src/pkg/json.py", "LOCAL = True\n"),
            ("src/pkg/sub/__init__.py", ""),
            ("src/pkg/sub/mod.py", "'''\n>>> __name__\n'pkg.sub.mod'\n>>> LOCAL\nTrue\n>>> import json; json.loads('1')\n1\n'''\nfrom ..json import LOCAL\n"));

        var (exitCode, output, report) = await project.TestAsync("src/pkg/sub/mod.py");

        Assert.True(exitCode == 0, output);
        Assert.Equal("pkg.sub.mod", report.Module);
    }

    [Fact]
    public async Task File_PackageItself_IsImportedByThePackagesName()
    {
        using var project = new PythonProject(("pkg/__init__.py", "'''\n>>> __name__\n'pkg'\n'''\n"));

        Assert.Equal("pkg", (await project.TestAsync("pkg/__init__.py")).Report.Module);
    }

    [Fact]
    public async Task File_BelowTheNamedRoot_HasTheDottedNameEvenWithoutInitFiles()
    {
        using var project = new PythonProject(("lib/space/mod.py", "'''\n>>> __name__\n'space.mod'\n'''\n"));

        var (exitCode, output, _) = await project.TestAsync("lib/space/mod.py", new PythonDoctestOptions { ModuleRoot = "lib" });

        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public async Task File_ImportRaises_IsBrokenAndNamesTheException()
    {
        using var project = new PythonProject(("broken.py", "'''\n>>> 1\n1\n'''\nimport no_such_module\n"), ("leaves.py", "raise SystemExit(0)\n"));

        var (exitCode, output, report) = await project.TestAsync("broken.py");
        var leaving = await project.TestAsync("leaves.py");

        Assert.Equal(DoctestDriver.ExitBroken, exitCode);
        Assert.Equal(DoctestEnd.Broken, report.End);
        Assert.Equal("ModuleNotFoundError: No module named 'no_such_module'", report.Error);
        Assert.Contains("broken.py\", line 5", output, StringComparison.Ordinal);
        Assert.DoesNotContain("tests_of_module", output, StringComparison.Ordinal);
        Assert.Equal((DoctestDriver.ExitBroken, DoctestEnd.Broken), (leaving.ExitCode, leaving.Report.End));
    }

    [Fact]
    public async Task File_NameBelongsToAnotherModule_IsBrokenInsteadOfTestingThatOne()
    {
        using var project = new PythonProject(("json.py", "'''\n>>> 1\n1\n'''\n"));

        var (exitCode, _, report) = await project.TestAsync("json.py");

        Assert.Equal(DoctestDriver.ExitBroken, exitCode);
        Assert.Contains("the name json stands for", report.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x = 1\n")]
    [InlineData("'''\n>>> 1 / 0  # doctest: +SKIP\n'''\n")]
    public async Task File_NothingToRun_PassesWithNoneUnlessToldOtherwise(string text)
    {
        using var project = new PythonProject(("empty.py", text));

        var (exitCode, _, report) = await project.TestAsync("empty.py");

        Assert.Equal(DoctestDriver.ExitPassed, exitCode);
        Assert.Equal(0, report.Examples);
        if (report.Skipped == 0)
        {
            Assert.Equal(DoctestEnd.Empty, report.End);
            Assert.Equal(DoctestDriver.ExitEmpty, (await project.TestAsync("empty.py", new PythonDoctestOptions { FailEmpty = true })).ExitCode);
        }
    }

    [Fact]
    public async Task File_ThatIsText_RunsItsExamplesAndHonoursOptions()
    {
        using var project = new PythonProject(("guide.rst", "Guide\n=====\n\n>>> list(range(100))\n[0, ..., 99]\n>>> x = 2\n\nand then\n\n>>> x\n2\n"));

        var strict = await project.TestAsync("guide.rst");
        var ellipsis = await project.TestAsync("guide.rst", new PythonDoctestOptions { DoctestOptions = ["ELLIPSIS"] });

        Assert.Equal((1, 3), (strict.ExitCode, strict.Report.Examples));
        Assert.Equal((0, 3), (ellipsis.ExitCode, ellipsis.Report.Examples));
        Assert.Null(ellipsis.Report.Module);
    }

    [Fact]
    public async Task Docstring_KnownOrSkipped_DoesNotFailTheFileAndIsReportedAsSuch()
    {
        const string Text = "def a():\n    '''\n    >>> 1\n    2\n    '''\ndef b():\n    '''\n    >>> while True: pass\n    '''\ndef c():\n    '''\n    >>> 1\n    1\n    '''\n";
        using var project = new PythonProject(("m.py", Text));
        var options = new PythonDoctestOptions
        {
            Known =
            [
                new KnownDoctest("m.py", "m.a", DoctestTreatment.KnownFailure, "wrong on purpose"),
                new KnownDoctest("m.py", "m.b", DoctestTreatment.Skip, "never ends"),
                new KnownDoctest("other.py", "m.c", DoctestTreatment.Skip, "another file's"),
            ],
        };

        var (exitCode, output, report) = await project.TestAsync("m.py", options);

        Assert.True(exitCode == 0, output);
        Assert.Equal((0, 1, 1, 2), (report.Failures, report.KnownFailures, report.Skipped, report.Examples));
        Assert.Contains("Failed example:", output, StringComparison.Ordinal);
        Assert.Contains("m.b: skipped, as asked", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_KilledInAnExample_LeavesAReportThatIsNoPassAndNamesTheDocstring()
    {
        const string Text = "'''\n>>> 1\n1\n'''\ndef f():\n    '''\n    >>> import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n    '''\n";
        using var project = new PythonProject(("dies.py", Text));

        var (exitCode, _, report) = await project.TestAsync("dies.py");

        Assert.Equal(128 + 9, exitCode);
        Assert.Equal(DoctestEnd.Incomplete, report.End);
        Assert.Equal("dies.f", report.Unfinished);
        Assert.Equal("dies", Assert.Single(report.Docstrings).Name);
    }

    [Theory]
    [InlineData("TERM", DoctestEnd.Interrupted, 128 + 15)]
    [InlineData("QUIT", DoctestEnd.Passed, 0)]
    public async Task Process_Signalled_SaysWhereItIs(string signal, DoctestEnd end, int expectedExit)
    {
        // The example itself sends the signal to its process, and so runs when it arrives.
        var text = $"def in_here():\n    '''\n    >>> in_here()\n    '''\n    import os, signal\n    os.kill(os.getpid(), signal.SIG{signal})\n";
        using var project = new PythonProject(("waits.py", text));

        var (exitCode, output, report) = await project.TestAsync("waits.py");

        Assert.Equal(expectedExit, exitCode);
        Assert.Equal(end, report.End);
        Assert.Contains("in in_here", output, StringComparison.Ordinal);
        Assert.Equal(end == DoctestEnd.Interrupted ? "SIGTERM" : null, report.Error);
    }

    [Fact]
    public async Task Example_PrintsHalfASurrogatePair_IsReportedReadably()
    {
        using var project = new PythonProject(("odd.py", "'''\n>>> print(chr(0xd800))\nx\n'''\n"));

        var (exitCode, _, report) = await project.TestAsync("odd.py");

        Assert.Equal(DoctestDriver.ExitFailed, exitCode);
        Assert.Equal("\\ud800\n", report.Docstrings[0].Failures[0].Got);
    }

    [Fact]
    public async Task Arguments_Wrong_ExitTwoWithOneClearLine()
    {
        using var project = new PythonProject(("my-script.py", "'''\n>>> 1\n1\n'''\n"));

        using var process = project.Start("my-script.py");
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(DoctestDriver.ExitUsage, process.ExitCode);
        Assert.Contains("my-script.py has no dotted name, since 'my-script' is no identifier", error, StringComparison.Ordinal);
    }

    // What Python's own command prints for the same file, without its summary.
    private static async Task<string> OwnDoctestAsync(PythonProject project, string path)
    {
        using Process process = project.Run([PythonProject.Interpreter, "-m", "doctest", path]);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return FailureText(output);
    }

    private static string FailureText(string output) =>
        string.Join('\n', output.Split('\n').TakeWhile(line => !line.StartsWith("farm_doctest:", StringComparison.Ordinal) && !line.EndsWith("items had failures:", StringComparison.Ordinal)))
            .TrimEnd('*', '\n');
}
