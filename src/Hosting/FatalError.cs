using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Hosting;

/// <summary>
/// Ends the host when going on would be wrong (fail-stop): says why in one line, stops the host, and makes the exit code say
/// so. The first reason wins.
/// </summary>
public sealed partial class FatalError(IHostApplicationLifetime lifetime, ILogger<FatalError> logger)
{
    private readonly Lock _gate = new();
    private string? _message;
    private bool _beginsAnew;

    /// <summary>Why the host must end; null while all is well.</summary>
    public string? Message => Read().Message;

    /// <summary>A new host in the same process may do better: only what this one holds in memory is of no use any more.</summary>
    public bool BeginsAnew => Read().BeginsAnew;

    /// <summary>Stops the host because of <paramref name="reason"/>, one line.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="beginsAnew">Whether <see cref="FarmHost.RunAsync"/> starts a new host afterwards instead of ending the process.</param>
    public void Stop(string reason, bool beginsAnew = false)
    {
        lock (_gate)
        {
            if (_message is not null)
            {
                return;
            }

            (_message, _beginsAnew) = (reason, beginsAnew);
        }

        if (beginsAnew)
        {
            LogBeginningAnew(reason);
        }
        else
        {
            LogStopping(reason);
        }

        lifetime.StopApplication();
    }

    private (string? Message, bool BeginsAnew) Read()
    {
        lock (_gate)
        {
            return (_message, _beginsAnew);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Critical, Message = "stopping: {Reason}")]
    private partial void LogStopping(string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "beginning anew: {Reason}")]
    private partial void LogBeginningAnew(string reason);
}
