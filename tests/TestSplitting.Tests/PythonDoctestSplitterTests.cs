using System.Text;
using BuildFarm.TestSplitting.PythonDoctest;
using Xunit;

namespace BuildFarm.TestSplitting.Tests;

public sealed class PythonDoctestSplitterTests
{
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal)
    {
        ["a.py"] = "'''\n    >>> 1\n    1\n'''",
        ["b.py"] = "x = '>>> not at the start of a line'",
        ["pkg/c.py"] = "\r\n\t>>> x\r\n",
        ["pkg/late.py"] = new string('#', 200_000) + "\n" + string.Concat(Enumerable.Repeat("# line\n", 30_000)) + ">>> x",
        ["doc/guide.rst"] = ">>>\n",
        ["doc/plain.txt"] = "nothing",
        ["doc/page.html"] = ">>> no\n",
        ["shift.py"] = ">>>no\n",
    };

    [Fact]
    public async Task Discover_AllFiles_FindsThoseWithAPrompt() =>
        Assert.Equal(["a.py", "pkg/c.py", "pkg/late.py", "doc/guide.rst"], await DiscoverAsync(new TestSelection([.. _files.Keys])));

    [Fact]
    public async Task Discover_WithAPattern_KeepsToIt() =>
        Assert.Equal(["pkg/c.py", "pkg/late.py"], await DiscoverAsync(new TestSelection([.. _files.Keys], path => path.StartsWith("pkg/", StringComparison.Ordinal))));

    [Fact]
    public async Task Discover_UnmarkedToo_TakesEveryModule() =>
        Assert.Equal(
            ["a.py", "b.py", "pkg/c.py", "pkg/late.py", "doc/guide.rst", "shift.py"],
            await DiscoverAsync(new TestSelection([.. _files.Keys], IncludeUnmarked: true)));

    [Fact]
    public void Plan_RecordedTimes_PutsTheLongestFirstAndEachFileOnce()
    {
        var times = new RecordedTimes(new Dictionary<string, TimeSpan>(StringComparer.Ordinal)
        {
            ["short.py"] = TimeSpan.FromSeconds(1),
            ["long.py"] = TimeSpan.FromSeconds(9),
            ["middle.py"] = TimeSpan.FromSeconds(4),
        });

        var plan = new PythonDoctestSplitter().Plan(["short.py", "new.py", "long.py", "middle.py"], times);

        Assert.Equal(["long.py", "middle.py", "new.py", "short.py"], plan.Select(task => task.Name));
        Assert.Equal([TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(4), null, TimeSpan.FromSeconds(1)], plan.Select(task => task.ExpectedDuration));
        Assert.All(plan, task => Assert.Equal([task.Name], task.TestFiles));
        Assert.All(plan, task => Assert.True(task.NeedsProject));
    }

    [Fact]
    public void Plan_InstalledLibrary_DeclaresOnlyTheFileAndTheDriver()
    {
        var task = Assert.Single(new PythonDoctestSplitter(new PythonDoctestOptions { InstalledRoot = "/usr/lib/python3/", Python = "/usr/bin/python3" }).Plan(["json/tool.py"], RecordedTimes.None));

        Assert.False(task.NeedsProject);
        Assert.Equal([DoctestDriver.Path, "json/tool.py"], task.Inputs.Select(input => input.Path));
        Assert.Equal("/usr/lib/python3/json/tool.py", task.Arguments[^1]);
        Assert.Equal("/usr/bin/python3", task.Arguments[0]);
        Assert.Equal([DoctestDriver.ReportPath], task.Outputs);
    }

    [Fact]
    public void Plan_VeryLongPaths_HaveShortNamesThatStayApart()
    {
        var tail = "/" + new string('x', 300) + ".py";

        var names = new PythonDoctestSplitter().Plan(["a" + tail, "b" + tail], RecordedTimes.None).Select(task => task.Name).ToArray();

        Assert.All(names, name => Assert.InRange(name.Length, 1, 200));
        Assert.NotEqual(names[0], names[1]);
        Assert.All(names, name => Assert.EndsWith("x.py", name, StringComparison.Ordinal));
    }

    private async Task<IReadOnlyList<string>> DiscoverAsync(TestSelection selection) =>
        await new PythonDoctestSplitter().DiscoverAsync(
            selection, (path, _) => ValueTask.FromResult<Stream>(new MemoryStream(Encoding.UTF8.GetBytes(_files[path]))), TestContext.Current.CancellationToken);
}
