using BuildFarm.V1;
using BuildFarm.Worker.Homes;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Worker.Link;

/// <summary>Tells the coordinator which homes are kept here, when that has changed, and removes those that it does not want.</summary>
internal sealed partial class HomeReports
{
    private readonly KeptHomes _homes;
    private readonly ILogger _logger;
    private int _version;
    private int _told = -1;

    public HomeReports(KeptHomes homes, ILogger logger)
    {
        (_homes, _logger) = (homes, logger);
        homes.Changed += () => Interlocked.Increment(ref _version);
    }

    /// <summary>Raised when something was removed that somebody waits to hear of.</summary>
    public event System.Action? Removed;

    /// <summary>A new stream has not told anything yet.</summary>
    public void BeginStream() => Volatile.Write(ref _told, -1);

    /// <summary>Writes the homes into a message, unless the stream has told them as they are.</summary>
    public void Describe(WorkerState state)
    {
        // Before they are read: a change meanwhile is told by the next message.
        var version = Volatile.Read(ref _version);
        if (Interlocked.Exchange(ref _told, version) == version)
            return;
        try
        {
            state.Homes = new HomeReport { Homes = { _homes.List().Select(static note => ToProto(note)) } };
        }
        catch (IOException e)
        {
            // What cannot be told now is told by the next message.
            BeginStream();
            LogNotTold(e.Message);
        }
    }

    /// <summary>Does as the coordinator says.</summary>
    public void Apply(DesiredState desired)
    {
        if (desired.UnwantedHomes.Count == 0)
            return;
        try
        {
            if (_homes.Remove([.. desired.UnwantedHomes]))
                Removed?.Invoke();
        }
        catch (IOException e)
        {
            LogNotTold(e.Message);
        }
    }

    private static HomeFacts ToProto(KeptHomeNote note) => new()
    {
        Id = note.Id,
        InstanceName = note.Instance,
        Name = note.Name,
        UsedAt = Timestamp.FromDateTimeOffset(note.UsedAt),
        Bytes = note.Bytes,
    };

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "kept homes cannot be looked after: {Reason}")]
    private partial void LogNotTold(string reason);
}
