using Microsoft.Extensions.Logging;

namespace BuildFarm.Rpc.Server.Handlers;

internal static partial class CallHandlerLog
{
    [LoggerMessage(20, LogLevel.Information, "{Method}: refused with HTTP {Status}: {Reason}")]
    public static partial void Refused(ILogger logger, string method, int status, string reason);
}
