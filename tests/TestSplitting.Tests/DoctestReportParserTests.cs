using System.Text;
using BuildFarm.TestSplitting.PythonDoctest;
using Xunit;

namespace BuildFarm.TestSplitting.Tests;

public sealed class DoctestReportParserTests
{
    private const string Header = """{"schema": 1, "file": "a.py", "module": "a", "python": "3.11.2"}""" + "\n";

    [Fact]
    public void Parse_TornLastLine_KeepsWhatCameBefore()
    {
        var report = Parse(Header + """
            {"plan": 2, "examples": 2}
            {"start": "a", "line": 1}
            {"docstring": "a", "line": 1, "examples": 1, "skipped": 0, "known": false, "failures": [], "seconds": 0.5, "new field": []}
            {"new kind": 1}
            {"start": "a.f", "line": 7}
            {"docstring": "a.f", "li
            """);

        Assert.Equal(DoctestEnd.Incomplete, report.End);
        Assert.Equal("a.f", report.Unfinished);
        Assert.Equal(TimeSpan.FromSeconds(0.5), Assert.Single(report.Docstrings).Duration);
        Assert.Equal(2, report.PlannedDocstrings);
        Assert.Null(report.Duration);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("{\"schema\": 1", "is empty")]
    [InlineData("{\"schema\": 2}\n", "its schema is 2")]
    [InlineData("[]\n", "line 1")]
    [InlineData(Header + "nonsense\n", "line 2")]
    [InlineData(Header + "{\"docstring\": \"a\"}\n", "line 2")]
    [InlineData(Header + "{\"end\": \"well\", \"error\": null, \"seconds\": 1}\n", "the end \"well\" is not known")]
    public void Parse_NotAReport_SaysWhere(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<DoctestReportException>(() => Parse(text)).Message, StringComparison.Ordinal);

    private static DoctestReport Parse(string text) => DoctestReportParser.Parse(Encoding.UTF8.GetBytes(text));
}
