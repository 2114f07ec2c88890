using BuildFarm.Coordinator.Loop;
using Grpc.Core;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>
/// For a short while after the start a large worker may still be on its way: what no worker can run is then told to come again, and
/// not that it never can.
/// </summary>
public sealed class StartGrace(SchedulerQueue queue, CoordinatorOptions options, TimeProvider time)
{
    /// <summary>Admits, and says UNAVAILABLE for FAILED_PRECONDITION while the grace lasts.</summary>
    public async Task RetryLaterAsync(Func<Task> admit)
    {
        ArgumentNullException.ThrowIfNull(admit);
        try
        {
            await admit();
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.FailedPrecondition && time.GetUtcNow() - queue.OpenedAt < options.Reapi.StartGrace)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"{e.Status.Detail}; the farm has only begun, so its workers may follow: try again"));
        }
    }
}
