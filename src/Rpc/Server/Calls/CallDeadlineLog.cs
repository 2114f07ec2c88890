using Microsoft.Extensions.Logging;

namespace BuildFarm.Rpc.Server.Calls;

internal static partial class CallDeadlineLog
{
    [LoggerMessage(10, LogLevel.Error, "{Method}: ending the call at its deadline failed")]
    public static partial void ExpiryFailed(ILogger logger, string method, Exception exception);
}
