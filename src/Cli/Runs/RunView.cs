namespace BuildFarm.Cli.Runs;

/// <summary>A task's news: how it was before an event, and how it is now.</summary>
/// <param name="Before">Null when the event is the first about the task.</param>
/// <param name="Now">As the event says.</param>
public readonly record struct TaskChange(FarmTask? Before, FarmTask Now)
{
    /// <summary>The task ended with this event.</summary>
    public bool JustFinished => Now.State == TaskState.Finished && Before?.State != TaskState.Finished;

    /// <summary>A new attempt took the place of one that had started: its worker was lost, or it is tried again.</summary>
    public bool StartedOver =>
        Before is { State: TaskState.Running } && Now.State != TaskState.Finished
        && (Now.State != TaskState.Running || Now.Attempt != Before.Attempt);
}

/// <summary>A run as its events tell it, from the first event on. Not safe for concurrent use.</summary>
public sealed class RunView(string runId)
{
    private readonly Dictionary<string, FarmTask> _tasks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FarmTask> _earlier = new(StringComparer.Ordinal);
    private readonly HashSet<string> _finished = new(StringComparer.Ordinal);
    private readonly HashSet<string> _running = new(StringComparer.Ordinal);

    /// <summary>Its id.</summary>
    public string RunId => runId;

    /// <summary>The job as it was accepted; null until that event came.</summary>
    public FarmJob? Accepted { get; private set; }

    /// <summary>The job as it ended; null while it runs.</summary>
    public FarmJob? Ended { get; private set; }

    /// <summary>Of the newest event; 0 before the first.</summary>
    public long Sequence { get; private set; }

    /// <summary>Time of the newest event, by the farm's clock.</summary>
    public DateTimeOffset Time { get; private set; }

    /// <summary>Tasks that the job has.</summary>
    public int Submitted => Math.Max(Ended?.Summary?.Submitted ?? Accepted?.Summary?.Submitted ?? 0, _tasks.Count);

    /// <summary>Tasks that have an outcome.</summary>
    public int Finished => _finished.Count;

    /// <summary>Somebody asked for its end.</summary>
    public bool Cancelling { get; private set; }

    /// <summary>The tasks that events have told of, and those that had ended before the first of these events.</summary>
    public IReadOnlyCollection<FarmTask> Tasks => _earlier.Count == 0
        ? _tasks.Values
        : [.. _tasks.Values, .. _earlier.Values.Where(task => !_tasks.ContainsKey(task.Name))];

    /// <summary>Those on a worker now.</summary>
    public IEnumerable<FarmTask> Running => _running.Select(name => _tasks[name]);

    /// <summary>How many are on a worker now.</summary>
    public int RunningCount => _running.Count;

    /// <summary>
    /// Whether an event only says again what is known. Its number is new: a coordinator that took over tells the newest of
    /// everything, because it does not know what was heard of before.
    /// </summary>
    public bool IsRepetition(JobEvent news) => news.EventCase switch
    {
        JobEvent.EventOneofCase.Accepted => Accepted is not null,
        JobEvent.EventOneofCase.Cancelling => Cancelling,
        JobEvent.EventOneofCase.Task => (_tasks.GetValueOrDefault(news.Task.Name) ?? _earlier.GetValueOrDefault(news.Task.Name))?.Equals(news.Task) ?? false,
        _ => false,
    };

    /// <summary>Takes one event in; null when it is not about a task, or was seen before.</summary>
    public TaskChange? Apply(JobEvent news)
    {
        if (news.Sequence <= Sequence)
        {
            return null;
        }

        Sequence = news.Sequence;
        Time = news.Time?.ToDateTimeOffset() ?? Time;
        switch (news.EventCase)
        {
            case JobEvent.EventOneofCase.Accepted:
                Accepted = news.Accepted;
                return null;
            case JobEvent.EventOneofCase.Cancelling:
                Cancelling = true;
                return null;
            case JobEvent.EventOneofCase.Finished:
                Ended = news.Finished;
                return null;
            case JobEvent.EventOneofCase.Task:
                return Apply(news.Task);
            default:
                return null;
        }
    }

    /// <summary>
    /// Takes in what had ended by event <paramref name="since"/>, when the watch begins in the middle of a run; the events
    /// after it tell the rest.
    /// </summary>
    public void Adopt(FarmJob job, long since)
    {
        Accepted ??= job;
        Sequence = since;
        foreach (var task in job.Tasks.Where(task => task.State == TaskState.Finished))
        {
            _earlier[task.Name] = task;
            _finished.Add(task.Name);
        }
    }

    private TaskChange Apply(FarmTask task)
    {
        _tasks.TryGetValue(task.Name, out var before);
        _tasks[task.Name] = task;
        var change = new TaskChange(before, task);
        if (change.JustFinished)
        {
            _finished.Add(task.Name);
        }

        if (task.State == TaskState.Running)
        {
            _running.Add(task.Name);
        }
        else
        {
            _running.Remove(task.Name);
        }

        return change;
    }
}
