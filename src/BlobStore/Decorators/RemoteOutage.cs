using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Decorators;

/// <summary>
/// Waits while a remote store does not answer, and does the step again: it restarts, or its machine does, and what a task has
/// computed is worth more than the moments until it is back.
/// </summary>
/// <param name="patience">After so long a step fails as the store did; zero for at once.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told once of each step that waits.</param>
public sealed partial class RemoteOutage(TimeSpan patience, TimeProvider time, ILogger<RemoteOutage> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Does a step until the store answers.</summary>
    /// <param name="what">The step, for people.</param>
    /// <param name="step">May be done again after any failure.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RpcException">The store refused, or was away for too long.</exception>
    public async Task<T> OutlastAsync<T>(string what, Func<ValueTask<T>> step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(step);
        var began = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await step();
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && time.GetElapsedTime(began) < patience)
            {
                if (pause == FirstPause)
                {
                    LogAway(what, patience, e.Status.Detail);
                }
            }

            // With jitter: everybody who waits for a store comes back to it.
            await Task.Delay(pause * (0.5 + (0.5 * Random.Shared.NextDouble())), time, cancellationToken);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "the cache does not answer; {What} waits for it, {Patience} at most: {Reason}")]
    private partial void LogAway(string what, TimeSpan patience, string reason);
}
