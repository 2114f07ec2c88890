using BuildFarm.V1;

namespace BuildFarm.Cli.Output;

/// <summary>Why an action had to run, for people and for programs.</summary>
internal static class WhyText
{
    private const int LongestValue = 200;

    public static void Write(TextWriter output, ActionExplanation answer, TimeProvider time)
    {
        output.WriteLine($"action {Line(answer.Action, time)}");
        if (answer.Earlier is not null)
        {
            var differs = answer.Differences.Count > 0 ? ", differs in:" : "";
            output.WriteLine($"nearest before it: {Line(answer.Earlier, time)}{differs}");
        }

        foreach (var difference in answer.Differences)
        {
            output.WriteLine($"  {Name(difference)}: {Change(difference)}");
        }

        if (answer.MoreDifferences > 0)
        {
            output.WriteLine($"  and {answer.MoreDifferences} more");
        }

        foreach (var note in answer.Notes)
        {
            output.WriteLine(TaskText.Clean(note));
        }
    }

    public static void WriteJson(JsonLines lines, ActionExplanation answer) => lines.Write("buildfarm.why/1", json =>
    {
        foreach (var (name, sighting) in (ReadOnlySpan<(string, ActionSighting?)>)[("action", answer.Action), ("earlier", answer.Earlier)])
        {
            if (sighting is not null)
            {
                json.WriteStartObject(name);
                json.WriteString("action", sighting.Action);
                json.WriteString("run_id", sighting.JobId);
                json.WriteString("task", sighting.TaskName);
                JsonFields.Time(json, "at", sighting.At);
                json.WriteEndObject();
            }
        }

        json.WriteStartArray("differences");
        foreach (var difference in answer.Differences)
        {
            json.WriteStartObject();
            json.WriteString("part", PartOf(difference).Replace(' ', '_'));
            json.WriteString("name", difference.Name);
            if (difference.HasBefore)
            {
                json.WriteString("before", difference.Before);
            }

            if (difference.HasAfter)
            {
                json.WriteString("after", difference.After);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("more_differences", answer.MoreDifferences);
        json.WriteStartArray("notes");
        foreach (var note in answer.Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
    });

    private static string Line(ActionSighting sighting, TimeProvider time) =>
        $"{TaskText.Clean(sighting.Action)} of {TaskText.Clean(sighting.TaskName)} in run {TaskText.Clean(sighting.JobId)}, {JobText.Ago(sighting.At, time)}";

    private static string Name(ActionDifference difference) =>
        difference.Name.Length == 0 ? PartOf(difference) : $"{PartOf(difference)} {TaskText.Clean(difference.Name)}";

    private static string Change(ActionDifference difference) => (difference.HasBefore, difference.HasAfter) switch
    {
        (true, true) => $"{Value(difference.Before)} -> {Value(difference.After)}",
        (true, false) => $"removed ({Value(difference.Before)})",
        _ => $"added ({Value(difference.After)})",
    };

    private static string Value(string value)
    {
        var clean = TaskText.Clean(value);
        return clean.Length == 0 ? "(empty)" : clean.Length > LongestValue ? clean[..LongestValue] + "…" : clean;
    }

    private static string PartOf(ActionDifference difference) => difference.Part switch
    {
        ActionPart.Input => "input",
        ActionPart.Argument => "argument",
        ActionPart.Variable => "variable",
        ActionPart.Platform => "platform property",
        ActionPart.Environment => "environment of the instance",
        ActionPart.WorkingDirectory => "working directory",
        ActionPart.Timeout => "timeout",
        ActionPart.Output => "output",
        _ => "setting",
    };
}
