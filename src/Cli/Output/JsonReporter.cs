using BuildFarm.Cli.Runs;

namespace BuildFarm.Cli.Output;

/// <summary>
/// One object a job event on stdout, schema <c>buildfarm.run/1</c>: <c>seq</c> is the event's own number, so
/// <c>farm watch RUN --since SEQ --json</c> goes on where a reader stopped. Notes for people go to stderr.
/// </summary>
public sealed class JsonReporter(JsonLines lines, TextWriter notes) : IRunReporter
{
    /// <summary>Schema and version of the objects.</summary>
    public const string Schema = "buildfarm.run/1";

    /// <inheritdoc />
    public void Started(RunStart start)
    {
        // The first event says all of it, with its number.
    }

    /// <inheritdoc />
    public void Changed(RunView view, JobEvent news, TaskChange? change) => lines.Write(Schema, json =>
    {
        json.WriteNumber("seq", news.Sequence);
        json.WriteString("run_id", view.RunId);
        json.WriteString("event", Name(news.EventCase));
        JsonFields.Time(json, "time", news.Time);
        json.WriteNumber("attempt", news.Task?.Attempt ?? 0);
        if (news.Task is { } task)
        {
            json.WriteStartObject("task");
            JsonFields.Write(json, task);
            json.WriteEndObject();
        }
        else if ((news.Accepted ?? news.Finished ?? news.Cancelling) is { } job)
        {
            json.WriteStartObject("job");
            JsonFields.Write(json, job);
            json.WriteEndObject();
        }
    });

    /// <inheritdoc />
    public void FailureOutput(RunView view, FarmTask task, LogExcerpt output)
    {
        // Readers fetch what they want with `farm logs`.
    }

    /// <inheritdoc />
    public void Note(string line) => notes.WriteLine(line);

    /// <inheritdoc />
    public void Tick(RunView view)
    {
        // Nothing happened.
    }

    /// <inheritdoc />
    public void Ended(RunView view, RunVerdict verdict)
    {
        if (verdict.Complaint is { } complaint)
        {
            notes.WriteLine(complaint);
        }
    }

    /// <inheritdoc />
    public void Left(RunView view, string line) => notes.WriteLine(line);

    private static string Name(JobEvent.EventOneofCase kind) => kind switch
    {
        JobEvent.EventOneofCase.Accepted => "accepted",
        JobEvent.EventOneofCase.Task => "task",
        JobEvent.EventOneofCase.Cancelling => "cancelling",
        JobEvent.EventOneofCase.Finished => "finished",
        _ => "unknown",
    };
}
