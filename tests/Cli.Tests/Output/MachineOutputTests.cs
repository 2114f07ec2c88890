using System.Text.Json;
using System.Xml.Linq;
using BuildFarm.Cli.Output;
using BuildFarm.Cli.Runs;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Google.Protobuf;
using Xunit;

namespace BuildFarm.Cli.Tests.Output;

public sealed class MachineOutputTests
{
    [Fact]
    public void Json_EachEvent_IsOneObjectALine()
    {
        using var bytes = new MemoryStream();
        var reporter = new JsonReporter(new JsonLines(bytes), TextWriter.Null);
        var view = new RunView("r1");
        foreach (var news in new[]
        {
            new JobEvent { Sequence = 1, Accepted = new Job { Name = "n", Summary = new JobSummary { Submitted = 1 } } },
            new JobEvent { Sequence = 2, Task = new V1.Task { Name = "t\n\"", State = TaskState.Finished, Outcome = Outcome.Failure, ExitCode = 3, Attempt = 2, Origin = ResultOrigin.Executed } },
            new JobEvent { Sequence = 3, Finished = new Job { Name = "n", Summary = new JobSummary { Submitted = 1, Failed = 1, Attempts = 2 } } },
        })
        {
            reporter.Changed(view, news, view.Apply(news));
        }

        var lines = System.Text.Encoding.UTF8.GetString(bytes.ToArray()).TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.Equal(("buildfarm.run/1", "r1"), (line.GetProperty("schema").GetString(), line.GetProperty("run_id").GetString())));
        Assert.Equal([1, 2, 3], lines.Select(line => line.GetProperty("seq").GetInt64()));
        Assert.Equal(["accepted", "task", "finished"], lines.Select(line => line.GetProperty("event").GetString()));
        Assert.Equal(2, lines[1].GetProperty("attempt").GetInt32());
        var task = lines[1].GetProperty("task");
        Assert.Equal(("t\n\"", "failure", 3, "executed"), (task.GetProperty("name").GetString(), task.GetProperty("outcome").GetString(), task.GetProperty("exit_code").GetInt32(), task.GetProperty("origin").GetString()));
        Assert.Equal(1, lines[2].GetProperty("job").GetProperty("summary").GetProperty("failed").GetInt32());
    }

    [Fact]
    public void Event_OfANewerFarm_ChangesNothingAndIsCounted()
    {
        using var bytes = new MemoryStream();
        var reporter = new JsonReporter(new JsonLines(bytes), TextWriter.Null);
        var view = new RunView("r1");
        view.Apply(new JobEvent { Sequence = 1, Accepted = new Job { Name = "n", Summary = new JobSummary { Submitted = 1 } } });

        // sequence 2, and a case of the oneof, number 200, that this release does not have.
        var news = JobEvent.Parser.ParseFrom([.. new JobEvent { Sequence = 2 }.ToByteArray(), 0xc2, 0x0c, 0x02, 0x08, 0x07]);
        var change = view.Apply(news);
        reporter.Changed(view, news, change);

        Assert.Equal((JobEvent.EventOneofCase.None, 2L), (news.EventCase, view.Sequence));
        Assert.Null(change);
        Assert.Null(view.Ended);
        Assert.Equal("unknown", JsonDocument.Parse(bytes.ToArray()).RootElement.GetProperty("event").GetString());
    }

    [Fact]
    public void JUnit_EveryOutcome_IsWellFormed()
    {
        using var temp = new TempFolder();
        var file = Path.Combine(temp.Path, "out.xml");
        var tasks = Enum.GetValues<Outcome>().Where(outcome => outcome != Outcome.Unspecified)
            .Select(outcome => new V1.Task { Name = outcome.ToString(), State = TaskState.Finished, Outcome = outcome, Message = "why \u0001" }).ToArray();

        JUnitFile.Write(file, "suite", tasks, new Dictionary<string, LogExcerpt> { ["Failure"] = LogExcerpt.Of(new StringReader("<boom> \e[1m & ]]>")) });

        Assert.Equal((byte)'<', File.ReadAllBytes(file)[0]);
        var suite = XDocument.Load(file).Root!.Element("testsuite")!;
        Assert.Equal(("7", "4", "1", "1"), ((string)suite.Attribute("tests")!, (string)suite.Attribute("failures")!, (string)suite.Attribute("errors")!, (string)suite.Attribute("skipped")!));
        Assert.Equal(7, suite.Elements("testcase").Count());
        Assert.Contains("<boom>", suite.Descendants("failure").First().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void JUnit_FolderMissing_IsOneLine()
    {
        var error = Assert.Throws<FarmException>(() => JUnitFile.Write("/nonexistent/out.xml", "s", [], new Dictionary<string, LogExcerpt>()));

        Assert.StartsWith("Cannot write the JUnit file /nonexistent/out.xml", error.Message, StringComparison.Ordinal);
    }
}
