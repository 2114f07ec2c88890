using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Hosting;

/// <summary>
/// Ends the process when going on would be wrong (fail-stop): says why in one line, stops the host, and makes the exit
/// code say so. The first reason wins.
/// </summary>
public sealed partial class FatalError(IHostApplicationLifetime lifetime, ILogger<FatalError> logger)
{
    private string? _message;

    /// <summary>Why the process must end; null while all is well.</summary>
    public string? Message => Volatile.Read(ref _message);

    /// <summary>Stops the host because of <paramref name="reason"/>, one line.</summary>
    public void Stop(string reason)
    {
        if (Interlocked.CompareExchange(ref _message, reason, null) is null)
        {
            LogStopping(reason);
            lifetime.StopApplication();
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Critical, Message = "stopping: {Reason}")]
    private partial void LogStopping(string reason);
}
