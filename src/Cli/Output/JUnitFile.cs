using System.Globalization;
using System.Text;
using System.Xml;

namespace BuildFarm.Cli.Output;

/// <summary>Writes the tasks of a run as JUnit XML, the dialect that CI services read: one case a task.</summary>
public static class JUnitFile
{
    /// <summary>Writes the file whole, or not at all.</summary>
    /// <param name="path">Where.</param>
    /// <param name="suite">Name of the suite.</param>
    /// <param name="tasks">In the order of the job.</param>
    /// <param name="outputs">What tasks that did not succeed wrote, by name.</param>
    /// <exception cref="FarmException">It cannot be written.</exception>
    public static void Write(string path, string suite, IReadOnlyCollection<FarmTask> tasks, IReadOnlyDictionary<string, LogExcerpt> outputs)
    {
        try
        {
            var part = $"{path}.part";
            using (var xml = XmlWriter.Create(part, new XmlWriterSettings { Indent = true, CheckCharacters = false, Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) }))
            {
                WriteSuite(xml, suite, tasks, outputs);
            }

            File.Move(part, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FarmException.Infrastructure($"Cannot write the JUnit file {path}: {error.Message}", error);
        }
    }

    private static void WriteSuite(
        XmlWriter xml, string suite, IReadOnlyCollection<FarmTask> tasks, IReadOnlyDictionary<string, LogExcerpt> outputs)
    {
        xml.WriteStartElement("testsuites");
        xml.WriteStartElement("testsuite");
        xml.WriteAttributeString("name", Legal(suite));
        Number(xml, "tests", tasks.Count);
        Number(xml, "failures", tasks.Count(task => IsFailure(task.Outcome)));
        Number(xml, "errors", tasks.Count(task => IsError(task.Outcome)));
        Number(xml, "skipped", tasks.Count(task => task.Outcome == Outcome.Cancelled));
        Seconds(xml, tasks.Aggregate(TimeSpan.Zero, (sum, task) => sum + TaskText.Elapsed(task)));
        foreach (var task in tasks)
        {
            xml.WriteStartElement("testcase");
            xml.WriteAttributeString("classname", Legal(suite));
            xml.WriteAttributeString("name", Legal(task.Name));
            Seconds(xml, TaskText.Elapsed(task));
            WriteOutcome(xml, task, outputs);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static void WriteOutcome(XmlWriter xml, FarmTask task, IReadOnlyDictionary<string, LogExcerpt> outputs)
    {
        if (task.Outcome == Outcome.Success)
        {
            return;
        }

        xml.WriteStartElement(IsFailure(task.Outcome) ? "failure" : IsError(task.Outcome) ? "error" : "skipped");
        xml.WriteAttributeString("message", Legal(TaskText.Reason(task)));
        if (task.Outcome != Outcome.Cancelled)
        {
            xml.WriteAttributeString("type", TaskText.Word(task.Outcome));
        }

        if (outputs.TryGetValue(task.Name, out var output))
        {
            using var text = new StringWriter();
            output.WriteTo(text, string.Empty, $"farm logs RUN {ShellWords.Quote(task.Name)} --all");
            xml.WriteString(Legal(text.ToString()));
        }

        xml.WriteEndElement();
    }

    private static bool IsFailure(Outcome outcome) => outcome is Outcome.Failure or Outcome.Timeout or Outcome.OutOfMemory or Outcome.ResourceLimit;

    private static bool IsError(Outcome outcome) => outcome is Outcome.Infrastructure or Outcome.Unspecified;

    private static void Number(XmlWriter xml, string name, int value) => xml.WriteAttributeString(name, value.ToString(CultureInfo.InvariantCulture));

    private static void Seconds(XmlWriter xml, TimeSpan time) =>
        xml.WriteAttributeString("time", time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture));

    // XML has no way to write most control characters.
    private static string Legal(string text) => string.Create(text.Length, text, static (to, from) =>
    {
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = XmlConvert.IsXmlChar(from[i]) || char.IsSurrogate(from[i]) ? from[i] : '\uFFFD';
        }
    });
}
