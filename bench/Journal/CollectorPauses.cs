using System.Diagnostics.Tracing;

namespace BuildFarm.Bench.Journal;

/// <summary>How long the garbage collector held all threads, pause by pause, from the runtime's own events.</summary>
internal sealed class CollectorPauses : EventListener
{
    private const int CollectorEvents = 1;
    private const int SuspendBegins = 9;
    private const int RestartEnds = 3;

    private readonly Lock _gate = new();
    private readonly List<double> _pauses = [];
    private DateTime _since;

    /// <summary>Forgets what was.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _pauses.Clear();
        }
    }

    /// <summary>Of the pauses since <see cref="Clear"/>, in milliseconds: their number, their sum, the longest.</summary>
    public (int Count, double Sum, double Longest) Read()
    {
        lock (_gate)
        {
            return (_pauses.Count, _pauses.Sum(), _pauses.DefaultIfEmpty().Max());
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (string.Equals(eventSource.Name, "Microsoft-Windows-DotNETRuntime", StringComparison.Ordinal))
        {
            EnableEvents(eventSource, EventLevel.Informational, (EventKeywords)CollectorEvents);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        switch (eventData.EventId)
        {
            case SuspendBegins:
                _since = eventData.TimeStamp;
                break;
            case RestartEnds when _since != default:
                lock (_gate)
                {
                    _pauses.Add((eventData.TimeStamp - _since).TotalMilliseconds);
                }

                break;
        }
    }
}
