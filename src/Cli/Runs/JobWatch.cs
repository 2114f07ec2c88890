using BuildFarm.Cli.Connection;
using Grpc.Core;

namespace BuildFarm.Cli.Runs;

/// <summary>
/// Reads a job's events to the end, across lost connections: it asks again from the last event seen, with a growing pause,
/// until the farm has been silent for <see cref="Patience"/>. Losing the connection never cancels anything.
/// </summary>
internal sealed class JobWatch(FarmConnection farm, string runId, TimeProvider time)
{
    /// <summary>How long a farm may be away.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>Writes items until the job has finished or cannot be followed.</summary>
    public async Task PumpAsync(long since, FollowQueue to, CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromMilliseconds(100);
        var lost = false;
        var lastHeard = time.GetTimestamp();
        while (true)
        {
            try
            {
                using var call = farm.Jobs.WatchJob(
                    new V1.WatchJobRequest { JobId = runId, SinceSequence = since }, cancellationToken: cancellationToken);
                while (await call.ResponseStream.MoveNext(cancellationToken))
                {
                    if (lost)
                    {
                        await to.WriteAsync(new FollowItem.Remark("Connected to the farm again."), cancellationToken);
                        lost = false;
                    }

                    var news = call.ResponseStream.Current;
                    since = news.Sequence;
                    pause = TimeSpan.FromMilliseconds(100);
                    lastHeard = time.GetTimestamp();
                    await to.WriteAsync(new FollowItem.News(news), cancellationToken);
                    if (news.EventCase == JobEvent.EventOneofCase.Finished)
                    {
                        return;
                    }
                }
            }
            catch (RpcException error) when (!cancellationToken.IsCancellationRequested)
            {
                if (!error.IsTransient() || time.GetElapsedTime(lastHeard) > Patience)
                {
                    var cause = error.StatusCode == StatusCode.NotFound && since > 0
                        ? FarmException.Infrastructure($"The farm at {farm.Address} no longer knows run {runId}: it has restarted. Submit it again; what was done is in the cache.", error)
                        : error.ToFarmException(farm.Address, $"watching run {runId}");
                    await to.WriteAsync(new FollowItem.Broken(cause), cancellationToken);
                    return;
                }

                if (!lost)
                {
                    lost = true;
                    await to.WriteAsync(
                        new FollowItem.Remark($"The connection to the farm is lost ({error.StatusCode}); the run goes on there, trying again."), cancellationToken);
                }
            }
            catch (RpcException)
            {
                return;
            }

            // With jitter: everybody who watched a coordinator that is gone comes back.
            await Task.Delay(pause * (0.5 + (0.5 * Random.Shared.NextDouble())), time, cancellationToken);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }
}
