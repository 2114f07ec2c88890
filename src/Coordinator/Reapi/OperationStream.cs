using Google.LongRunning;
using Grpc.Core;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>
/// Tells one client of one operation: its name and state at once, each change, and the same again when nothing changes for long,
/// so that neither side takes a quiet stream for a dead one. Ends after the operation is done.
/// </summary>
public sealed class OperationStream(OperationPresenter presenter, CoordinatorOptions options, TimeProvider time)
{
    /// <exception cref="OperationCanceledException">Nobody listens any more, or the coordinator stops.</exception>
    public async Task SendAsync(FoundOperation found, IServerStreamWriter<Operation> responses, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(responses);
        if (found.Job.Active is not { } job)
        {
            await responses.WriteAsync(await presenter.PresentAsync(found, cancellationToken), cancellationToken);
            return;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var events = job.Log.ReadAsync(job.Log.Sequence, ending.Token).GetAsyncEnumerator(ending.Token);
        var change = events.MoveNextAsync().AsTask();
        try
        {
            Operation? told = null;
            while (told is not { Done: true })
            {
                var now = await presenter.PresentAsync(found, cancellationToken);
                if (!now.Equals(told))
                {
                    await responses.WriteAsync(now, cancellationToken);
                }

                told = now;
                if (!now.Done && await ChangedAsync(change, cancellationToken))
                {
                    change = await change ? events.MoveNextAsync().AsTask() : throw new InvalidOperationException($"{found.Name} ended without an end.");
                }
                else if (!now.Done)
                {
                    // Nothing new: the same again says that both are alive.
                    told = null;
                }
            }
        }
        finally
        {
            // An enumerator cannot be left while it moves.
            await ending.CancelAsync();
            await ((Task)change).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> ChangedAsync(Task<bool> change, CancellationToken cancellationToken)
    {
        try
        {
            await change.WaitAsync(options.Reapi.UpdateInterval, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
