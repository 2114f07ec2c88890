using BuildFarm.BlobStore.Actions;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Coordinator.Secrets;
using BuildFarm.Hosting;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.V1;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Workers;

/// <summary>
/// The coordinator's end of the worker link: says the worker's states to the loop, and the desired states to the worker.
/// The stream is only a way for them to travel; a broken one is opened again and everything is said again.
/// </summary>
public sealed partial class WorkersService(
    SchedulerQueue queue,
    LinkRegistry links,
    WorkerMessages messages,
    AssignmentWriter assignments,
    SecretDelivery secrets,
    WorkerFacts facts,
    WorkerHomes homes,
    InstanceEnvironments environments,
    CoordinatorOptions options,
    WorkerProtocol protocol,
    IHostApplicationLifetime lifetime,
    ILogger<WorkersService> logger) : V1.Workers.WorkersBase
{
    /// <inheritdoc />
    public override async Task Link(
        IAsyncStreamReader<WorkerState> requestStream, IServerStreamWriter<V1.DesiredState> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(requestStream);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        if (!await requestStream.MoveNext(context.CancellationToken))
        {
            throw Error(StatusCode.InvalidArgument, "the stream ended before its first message");
        }

        var first = requestStream.Current;
        CheckOffer(first);
        using var session = new LinkSession(new Scheduling.WorkerId(first.WorkerId), first.Incarnation) { NewestClock = first.Clock };
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, session.Ended, lifetime.ApplicationStopping);
        links.Open(session);
        try
        {
            await LinkAsync(first, ending.Token);
            await TalkAsync(session, requestStream, responseStream, ending);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            throw EndOf(session);
        }
        catch (IOException)
        {
            // The worker died or its network did: its lease goes on for the grace.
            throw EndOf(session);
        }
        catch (LoopStoppedException e)
        {
            throw Error(StatusCode.Unavailable, e.Message);
        }
        finally
        {
            await UnlinkAsync(session);
        }
    }

    /// <inheritdoc />
    public override async Task<GetSecretsResponse> GetSecrets(GetSecretsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return await secrets.GetAsync(request, context.CancellationToken);
        }
        catch (LoopStoppedException e)
        {
            throw Error(StatusCode.Unavailable, e.Message);
        }
    }

    private void CheckOffer(WorkerState first)
    {
        if (WorkerMessages.FindFault(first) is { } fault)
        {
            throw Error(StatusCode.InvalidArgument, fault);
        }

        if (first.Offer.ProtocolVersion < protocol.Oldest)
        {
            throw Error(
                StatusCode.FailedPrecondition,
                $"worker {first.WorkerId} speaks version {first.Offer.ProtocolVersion} of the worker protocol, and this coordinator needs {protocol.Oldest} or newer; upgrade the worker");
        }

        if (options.Instances.Find(instance => environments.TryGet(instance) is { } known && !Same(known, first)) is { } differing)
        {
            throw OtherEnvironment(first, differing);
        }
    }

    private async Task LinkAsync(WorkerState first, CancellationToken cancellationToken)
    {
        if (await queue.ExecuteAsync(WorkerMessages.ToLinked(first), [WorkerMessages.ToDescribed(first)], cancellationToken) is WorkerRefused refused)
        {
            throw Error(StatusCode.FailedPrecondition, refused.Reason);
        }

        // Only a worker that was accepted may decide. No action can be queued before one has, so none can come too early.
        foreach (var instance in options.Instances)
        {
            if (!environments.Announce(instance, first.Offer.Environment))
            {
                throw OtherEnvironment(first, instance);
            }
        }

        facts.Remember(first);
        LogLinked(first.WorkerId, first.Offer.Pool, first.Offer.Capacity.CpuMillis / 1000.0, first.Offer.Runtime);
    }

    /// <summary>Both directions at once, until the worker ends the stream or something ends it.</summary>
    private async Task TalkAsync(
        LinkSession session, IAsyncStreamReader<WorkerState> requests, IServerStreamWriter<V1.DesiredState> responses, CancellationTokenSource ending)
    {
        var sending = SendAsync(session, responses, ending.Token);
        try
        {
            do
            {
                // Before the loop has it: an answer to it must never look like one to the message before.
                session.NewestClock = requests.Current.Clock;
                facts.RememberDrain(requests.Current);
                var (report, handles) = messages.ToReport(new LinkIdentity(session.Worker, session.Incarnation), requests.Current);
                if (requests.Current.Homes is { } kept)
                {
                    homes.Told(session.Worker, kept);
                }

                await queue.PostAsync(report, handles, ending.Token);
            }
            while (await requests.MoveNext(ending.Token));
        }
        finally
        {
            await ending.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAsync(LinkSession session, IServerStreamWriter<V1.DesiredState> responses, CancellationToken cancellationToken)
    {
        while (true)
        {
            var desired = await session.Mailbox.TakeAsync(cancellationToken);
            var answer = assignments.Write(desired);
            answer.AnswersClock = session.NewestClock;
            await responses.WriteAsync(answer, cancellationToken);
        }
    }

    private async Task UnlinkAsync(LinkSession session)
    {
        if (!links.Close(session))
        {
            return;
        }

        homes.Forget(session.Worker);
        LogUnlinked(session.Worker.Value);
        try
        {
            await queue.PostAsync(new WorkerUnlinked(session.Worker, session.Incarnation), lifetime.ApplicationStopping);
        }
        catch (Exception e) when (e is LoopStoppedException or OperationCanceledException)
        {
            // The coordinator goes away; the next one finds out by the worker's lease.
        }
    }

    private RpcException EndOf(LinkSession session) =>
        session.Reason is { } reason ? new RpcException(reason)
        : lifetime.ApplicationStopping.IsCancellationRequested ? Error(StatusCode.Unavailable, "the coordinator is stopping; link again")
        : Error(StatusCode.Cancelled, "the worker ended the stream");

    private RpcException OtherEnvironment(WorkerState first, string instance) => Error(
        StatusCode.FailedPrecondition,
        $"worker {first.WorkerId} offers environment '{first.Offer.Environment}', but instance '{instance}' has '{environments.TryGet(instance)}'; "
        + "give the worker the same root, or restart the coordinator to begin with another");

    private static bool Same(string known, WorkerState first) => string.Equals(known, first.Offer.Environment, StringComparison.Ordinal);

    private static RpcException Error(StatusCode code, string message) => new(new Status(code, message));

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "worker {Worker} linked: pool {Pool}, {Cpus} CPUs, {Runtime}")]
    private partial void LogLinked(string worker, string pool, double cpus, string runtime);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "worker {Worker} unlinked")]
    private partial void LogUnlinked(string worker);
}
