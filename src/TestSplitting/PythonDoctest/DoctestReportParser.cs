using System.Text.Json;

namespace BuildFarm.TestSplitting.PythonDoctest;

/// <summary>Reads the driver's report: JSON lines, as the head of <c>farm_doctest.py</c> describes them.</summary>
public static class DoctestReportParser
{
    /// <summary>Fields and kinds of lines that are not known are passed over, since newer drivers may add some; a torn last line ends the report.</summary>
    /// <exception cref="DoctestReportException">The first line is no header of this schema, or another line is no JSON object of the right shape.</exception>
    public static DoctestReport Parse(ReadOnlyMemory<byte> utf8)
    {
        DoctestReport? report = null;
        var docstrings = new List<DocstringResult>();
        var number = 0;
        while (!utf8.IsEmpty)
        {
            number++;
            var end = utf8.Span.IndexOf((byte)'\n');
            // A write that was cut short is evidence of how far it came, not an error.
            if (end < 0)
                break;
            var line = utf8[..end];
            utf8 = utf8[(end + 1)..];
            try
            {
                using var document = JsonDocument.Parse(line);
                report = report is null ? Header(document.RootElement) : Apply(report, document.RootElement, docstrings);
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
            {
                throw new DoctestReportException($"line {number} of the doctest report: {error.Message}", error);
            }
        }

        return report is null
            ? throw new DoctestReportException("the doctest report is empty: the driver ended before it began")
            : report with { Docstrings = docstrings };
    }

    private static DoctestReport Header(JsonElement line)
    {
        var schema = line.GetProperty("schema").GetInt32();
        if (schema != DoctestReport.Schema)
            throw new DoctestReportException($"its schema is {schema}; this program reads {DoctestReport.Schema}");
        return new DoctestReport
        {
            File = line.GetProperty("file").GetString() ?? throw new DoctestReportException("it names no file"),
            Module = line.GetProperty("module").GetString(),
            Python = line.GetProperty("python").GetString(),
        };
    }

    private static DoctestReport Apply(DoctestReport report, JsonElement line, List<DocstringResult> docstrings)
    {
        if (line.TryGetProperty("plan", out var plan))
            return report with { PlannedDocstrings = plan.GetInt32() };
        if (line.TryGetProperty("start", out var start))
            return report with { Unfinished = start.GetString() };
        if (line.TryGetProperty("docstring", out var name))
        {
            docstrings.Add(Docstring(name.GetString()!, line));
            return report with { Unfinished = null };
        }

        if (line.TryGetProperty("end", out var end))
        {
            return report with
            {
                End = EndOf(end.GetString()),
                Error = line.GetProperty("error").GetString(),
                Duration = Seconds(line),
            };
        }

        return report;
    }

    private static DocstringResult Docstring(string name, JsonElement line) => new(
        name,
        OptionalInt(line, "line"),
        line.GetProperty("examples").GetInt32(),
        line.GetProperty("skipped").GetInt32(),
        line.GetProperty("known").GetBoolean(),
        [.. line.GetProperty("failures").EnumerateArray().Select(Failure)],
        Seconds(line));

    private static ExampleFailure Failure(JsonElement failure) => new(
        failure.GetProperty("id").GetString()!,
        OptionalInt(failure, "line"),
        failure.GetProperty("source").GetString()!,
        failure.GetProperty("want").GetString()!,
        OptionalText(failure, "got"),
        OptionalText(failure, "exception"));

    private static DoctestEnd EndOf(string? end) => end switch
    {
        "passed" => DoctestEnd.Passed,
        "failed" => DoctestEnd.Failed,
        "empty" => DoctestEnd.Empty,
        "broken" => DoctestEnd.Broken,
        "interrupted" => DoctestEnd.Interrupted,
        _ => throw new DoctestReportException($"the end \"{end}\" is not known"),
    };

    private static TimeSpan Seconds(JsonElement line) => TimeSpan.FromSeconds(line.GetProperty("seconds").GetDouble());

    private static int? OptionalInt(JsonElement line, string name) =>
        line.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;

    private static string? OptionalText(JsonElement line, string name) =>
        line.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
