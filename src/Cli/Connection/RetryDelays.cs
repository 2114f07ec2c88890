using Google.Rpc;
using Grpc.Core;

namespace BuildFarm.Cli.Connection;

/// <summary>When a farm that has no room wants to be asked again.</summary>
public static class RetryDelays
{
    /// <summary>What the status's <c>google.rpc.RetryInfo</c> says; null when it has none.</summary>
    public static TimeSpan? RetryDelay(this RpcException error)
    {
        foreach (var detail in error.GetStatusDetails(Google.Rpc.Status.Parser)?.Details ?? [])
        {
            if (detail.TryUnpack(out RetryInfo info))
            {
                return info.RetryDelay?.ToTimeSpan();
            }
        }

        return null;
    }
}
