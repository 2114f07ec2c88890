using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Output;
using BuildFarm.Hosting;
using Grpc.Core;

namespace BuildFarm.Cli.Runs;

/// <summary>
/// Follows one run to its end, or until somebody wants to leave. Everything that happens (events, signals, time) goes
/// through one queue, so the reporter and the output are only ever touched from one place.
/// </summary>
public sealed class RunFollower(
    FarmConnection farm, RunView view, IRunReporter reporter, IOutputSink output, StopPolicy policy, TimeProvider time)
{
    private static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(250);

    private readonly FollowQueue _items = new();
    private int _interrupts;

    /// <summary>Follows from after event <paramref name="since"/>; returns the exit status.</summary>
    /// <exception cref="FarmException">The farm cannot be followed any more.</exception>
    public async Task<int> FollowAsync(long since, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var signals = new StopSignals(_items);
        var watching = new JobWatch(farm, view.RunId, time).PumpAsync(since, _items, ending.Token);
        using var timer = new PeriodicTimer(TickPeriod, time);
        var ticking = TickAsync(timer);
        try
        {
            while (true)
            {
                var item = await _items.ReadAsync(cancellationToken);
                if (await HandleAsync(item, cancellationToken) is { } exitCode)
                {
                    return exitCode;
                }
            }
        }
        finally
        {
            timer.Dispose();
            await ending.CancelAsync();
            await Task.WhenAll(watching, ticking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<int?> HandleAsync(FollowItem item, CancellationToken cancellationToken)
    {
        switch (item)
        {
            case FollowItem.News news:
                return await HandleAsync(news.Event, cancellationToken);
            case FollowItem.Tick:
                reporter.Tick(view);
                return null;
            case FollowItem.Remark remark:
                reporter.Note(remark.Line);
                return null;
            case FollowItem.Broken broken:
                reporter.Left(view, $"Come back with: {farm.WatchCommand(view.RunId)}");
                throw broken.Error;
            case FollowItem.Stop stop:
                return await ObeyAsync(policy.Decide(stop.Signal, _interrupts++, view.Cancelling), stop.Signal);
            case FollowItem.Answer answer:
                return char.ToLowerInvariant(answer.Key) switch
                {
                    'd' => await ObeyAsync(StopAction.Detach, StopSignal.Interrupt),
                    'c' => await ObeyAsync(StopAction.Cancel, StopSignal.Interrupt),
                    _ => GoOn(),
                };
            default:
                return null;
        }
    }

    private async Task<int?> HandleAsync(JobEvent news, CancellationToken cancellationToken)
    {
        var repeated = view.IsRepetition(news);
        var change = view.Apply(news);
        if (repeated)
        {
            return null;
        }

        if (change is { } task)
        {
            await output.ChangedAsync(task, cancellationToken);
        }

        if (news.EventCase != JobEvent.EventOneofCase.Finished)
        {
            reporter.Changed(view, news, change);
            if (change is { JustFinished: true, Now.Outcome: not (Outcome.Success or Outcome.Cancelled) })
            {
                reporter.FailureOutput(view, change.Value.Now, await output.ExcerptAsync(change.Value.Now, cancellationToken));
            }

            return null;
        }

        reporter.Changed(view, news, change);
        var verdict = RunVerdict.Of(view.Ended!, view.Tasks);
        reporter.Ended(view, verdict);
        return verdict.ExitCode;
    }

    private async Task<int?> ObeyAsync(StopAction action, StopSignal signal)
    {
        switch (action)
        {
            case StopAction.Ask:
                reporter.Note("Ctrl-C: press d to detach (the run goes on), c to cancel it, any other key to stay; Ctrl-C again cancels.");
                _ = Task.Run(() => _items.Want(new FollowItem.Answer(Console.ReadKey(intercept: true).KeyChar)));
                return null;
            case StopAction.Detach:
                reporter.Left(view, $"Detached; the run goes on. Come back with: {farm.WatchCommand(view.RunId)}");

                // A person who leaves knows what it means; a script that is told to end does not know the outcome.
                return signal == StopSignal.Interrupt ? ExitCode.Ok : ExitCode.Infrastructure;
            case StopAction.Cancel:
                await CancelAsync();
                return null;
            default:
                reporter.Left(view, farm.IsEmbedded
                    ? "Left before the run had ended."
                    : $"Left while the run is being cancelled. Come back with: {farm.WatchCommand(view.RunId)}");
                return ExitCode.Cancelled;
        }
    }

    private int? GoOn()
    {
        _interrupts = 0;
        reporter.Note("Staying.");
        return null;
    }

    private async Task CancelAsync()
    {
        try
        {
            reporter.Note(farm.IsEmbedded
                ? "Cancelling the run; again to leave at once."
                : $"Cancelling the run; again to leave at once. Come back with: {farm.WatchCommand(view.RunId)}");
            await farm.Jobs.CancelJobAsync(
                new V1.CancelJobRequest { JobId = view.RunId, Reason = $"interrupted by {Submitter.Name()}" },
                deadline: time.GetUtcNow().UtcDateTime.AddSeconds(10));
        }
        catch (RpcException error)
        {
            reporter.Note($"The farm did not take the cancellation ({error.StatusCode}); again to leave at once.");
        }
    }

    // Ended by the timer's disposal and not by a token: the first exception of a process costs milliseconds.
    private async Task TickAsync(PeriodicTimer timer)
    {
        while (await timer.WaitForNextTickAsync())
        {
            // When the queue is full there is more to do than look at the clock.
            _items.TryWrite(new FollowItem.Tick());
        }
    }
}
