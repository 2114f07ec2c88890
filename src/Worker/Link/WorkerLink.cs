using System.Threading.Channels;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Leaders;
using BuildFarm.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Worker.Link;

/// <summary>
/// Keeps the stream to the coordinator: sends the whole state at once, on each change and at each heartbeat, and applies what
/// comes back. When nothing it sent within the length of the lease is answered it ends its tasks itself, because others may run them by then.
/// </summary>
internal sealed partial class WorkerLink(
    WorkerConnection connection, WorkerIdentity identity, WorkerOffer offer, AttemptTable table, WorkerProtocol protocol, TimeProvider time, ILogger logger, CancellationToken stopping)
{
    /// <summary>A stream that has lasted so long works.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause while others may lead: its tasks' leases run on only for so long.</summary>
    private static readonly TimeSpan LongestSearch = TimeSpan.FromSeconds(2);

    /// <summary>Redirects in a row that are followed at once: two standbys may name each other.</summary>
    private const int MostRedirects = 2;

    /// <summary>How long news of progress may wait for other news: a short task then has one message, not one a phase.</summary>
    internal static readonly TimeSpan ProgressPatience = TimeSpan.FromMilliseconds(50);

    private readonly LeaseClock lease = new(time);
    // Any number of changes before the next message are one message.
    private readonly Channel<bool> changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private bool _progressWaits;
    private readonly TaskCompletionSource firstAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Of the homes that are kept here; null where none can be.</summary>
    public HomeReports? Homes { get; init; }

    /// <summary>Completes when the coordinator has answered for the first time.</summary>
    public Task FirstAnswer => firstAnswer.Task;

    /// <summary>Runs until cancelled, reconnecting as often as needed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        table.Changed += Signal;
        await using var progress = time.CreateTimer(_ => SignalProgress(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        void SignalSoon()
        {
            if (!Interlocked.Exchange(ref _progressWaits, true))
            {
                progress.Change(ProgressPatience, Timeout.InfiniteTimeSpan);
            }
        }

        table.Progressed += SignalSoon;
        if (Homes is not null)
            Homes.Removed += Signal;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = WatchLeaseAsync(stop.Token);
        try
        {
            await ConnectForEverAsync(cancellationToken);
        }
        finally
        {
            table.Changed -= Signal;
            table.Progressed -= SignalSoon;
            await stop.CancelAsync();
            await watching;
        }
    }

    private async Task ConnectForEverAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(Random.Shared.NextDouble, connection.HasOthers ? LongestSearch : null);
        var redirects = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await ConnectAsync(backoff, cancellationToken);
                LogClosed();
            }
            catch (RpcException e) when (LeaderRedirect.Find(e) is { } leader && redirects < MostRedirects)
            {
                redirects++;
                LogRedirected(leader);
                continue;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is RpcException or IOException or InvalidOperationException or OperationCanceledException)
            {
                // One warning a loss; the tries after it are the same news. When this process stops, its own coordinator may
                // stop first.
                var reason = (e as RpcException)?.Status.Detail ?? e.Message;
                if (backoff.Failures == 0 && !stopping.IsCancellationRequested)
                    LogLost(reason);
                else
                    LogStillLost(reason);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            redirects = 0;
            await DelayAsync(backoff.Next(), cancellationToken);
        }
    }

    /// <summary>One stream, from its start to its end.</summary>
    private async Task ConnectAsync(Backoff backoff, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = new Workers.WorkersClient(connection.Coordinator).Link(cancellationToken: stop.Token);
        table.BeginStream();
        Homes?.BeginStream();
        var opened = time.GetTimestamp();
        var sending = SendAsync(call.RequestStream, stop.Token);
        try
        {
            while (await call.ResponseStream.MoveNext(stop.Token))
            {
                var desired = call.ResponseStream.Current;
                CheckVersion(desired);
                var interval = lease.HeartbeatInterval;
                if (!lease.Heard(desired.AnswersClock, desired.HeartbeatInterval?.ToTimeSpan() ?? default, desired.LeaseDuration?.ToTimeSpan() ?? default))
                {
                    LogStale();
                    continue;
                }

                // The wait under way still has the old interval; a new one starts with a report now.
                if (lease.HeartbeatInterval != interval)
                    Signal();
                // A link that breaks again and again after its first answer is tried ever more rarely.
                if (time.GetElapsedTime(opened) >= Settled)
                    backoff.Reset();
                if (firstAnswer.TrySetResult())
                    LogLinked(identity.Id);
                table.Apply(desired);
                Homes?.Apply(desired);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await sending;
        }
    }

    /// <summary>An older coordinator is no reason to end: it may be upgraded next, or another may lead.</summary>
    private void CheckVersion(DesiredState desired)
    {
        // Version 1 did not say it.
        var spoken = Math.Max(1, desired.ProtocolVersion);
        if (spoken < protocol.Oldest)
            throw new InvalidOperationException($"the coordinator speaks version {spoken} of the worker protocol, and this worker needs {protocol.Oldest} or newer; upgrade the coordinator");
    }

    private async Task SendAsync(IClientStreamWriter<WorkerState> stream, CancellationToken cancellationToken)
    {
        try
        {
            for (var first = true; ; first = false)
            {
                var state = new WorkerState { WorkerId = identity.Id, Incarnation = identity.Incarnation, Clock = time.GetTimestamp() };
                if (first)
                    state.Offer = offer;
                Volatile.Write(ref _progressWaits, false);
                table.Describe(state);
                Homes?.Describe(state);
                await stream.WriteAsync(state, cancellationToken);
                await WaitForChangeAsync(lease.HeartbeatInterval, cancellationToken);
            }
        }
        catch (Exception e) when (e is RpcException or IOException or InvalidOperationException or OperationCanceledException)
        {
            // The reading side of the call sees how it ended and says so.
        }
    }

    private async Task WaitForChangeAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var heartbeat = Task.Delay(atMost, time, timer.Token);
        var change = changed.Reader.ReadAsync(timer.Token).AsTask();
        await Task.WhenAny(heartbeat, change);
        await timer.CancelAsync();
        // A change that comes with the heartbeat is part of the state that goes out now.
        await ((Task)change).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task WatchLeaseAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var remaining = lease.Remaining;
            if (remaining <= TimeSpan.Zero)
            {
                table.EndRunning("no answer from the coordinator for as long as the lease lasts");
                remaining = LongestLook;
            }

            // An answer may shorten the lease at any time, so no look is put off until the end of the one known now.
            await DelayAsync(remaining < LongestLook ? remaining : LongestLook, cancellationToken);
        }
    }

    private Task DelayAsync(TimeSpan delay, CancellationToken cancellationToken) =>
        Task.Delay(delay, time, cancellationToken).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private void SignalProgress()
    {
        // Another message may have taken it along.
        if (Volatile.Read(ref _progressWaits))
        {
            Signal();
        }
    }

    private void Signal() => changed.Writer.TryWrite(true);

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "linked to the coordinator as {WorkerId}")]
    private partial void LogLinked(string workerId);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "the link to the coordinator is lost, trying again: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(EventId = 4, Level = LogLevel.Debug, Message = "the coordinator cannot be reached yet: {Reason}")]
    private partial void LogStillLost(string reason);

    [LoggerMessage(EventId = 5, Level = LogLevel.Information, Message = "the coordinator leads no more, going on at {Leader}")]
    private partial void LogRedirected(Uri leader);

    [LoggerMessage(EventId = 6, Level = LogLevel.Warning, Message = "the coordinator's answer is to a message older than the lease and is passed over: this worker stood still, or the network did")]
    private partial void LogStale();

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "the coordinator closed the link, trying again")]
    private partial void LogClosed();
}
