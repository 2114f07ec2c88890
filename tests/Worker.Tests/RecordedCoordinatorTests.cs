using System.Threading.Channels;
using BuildFarm.Hosting;
using BuildFarm.TestKit.Recorded;
using BuildFarm.TestKit.Rpc;
using BuildFarm.V1;
using BuildFarm.Worker.Link;
using BuildFarm.Worker.Tests.Support;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>What coordinators of older releases said, said again to today's worker.</summary>
public sealed class RecordedCoordinatorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("worker-link-1")]
    public async Task Coordinator_Recorded_IsObeyed(string recording)
    {
        var messages = RecordedLink.Load(recording);
        var coordinator = new Replay();
        await using var server = await RpcTestServer.StartAsync(app => app.MapGrpcService<Replay>(), services => services.AddSingleton(coordinator));
        var executor = new FakeExecutor();
        // What was recorded had short leases, and none of them ends here.
        var clock = new SteppedClock();
        var table = new AttemptTable(executor, clock, NullLogger.Instance);
        var link = new WorkerLink(
            new WorkerConnection(server.CreateChannel().CreateCallInvoker()), new WorkerIdentity("w1", "i"), new WorkerOffer { Pool = "default" },
            table, WorkerProtocol.OfThisRelease, clock, NullLogger.Instance, CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var running = link.RunAsync(stop.Token);
        foreach (var (fromWorker, bytes) in messages)
        {
            if (!fromWorker)
            {
                await coordinator.Answers.Writer.WriteAsync(bytes);
                continue;
            }

            var recorded = WorkerState.Parser.ParseFrom(bytes);
            foreach (var ended in recorded.Attempts.Where(static attempt => attempt.Phase == AttemptPhase.Completed))
                executor.Finish(ended.Lease.ExecutionId, ended.Lease.Epoch);
            await coordinator.NextAsync(state => Holds(state, recorded));
        }

        await stop.CancelAsync();
        await running;
        var leases = messages.Where(static message => message.FromWorker).SelectMany(static message => WorkerState.Parser.ParseFrom(message.Bytes).Attempts)
            .Select(static attempt => $"{attempt.Lease.ExecutionId}/{attempt.Lease.Epoch}").Distinct(StringComparer.Ordinal);
        Assert.Equal(leases, executor.Started);
        Assert.Empty(executor.Stopped);
    }

    /// <summary>The same attempts, ended alike, and as much of the coordinator's words taken account of.</summary>
    private static bool Holds(WorkerState state, WorkerState recorded) =>
        state.AppliedRevision >= recorded.AppliedRevision
        && Attempts(state).SetEquals(Attempts(recorded));

    private static HashSet<(string Id, long Epoch, bool Ended)> Attempts(WorkerState state) =>
        [.. state.Attempts.Select(static attempt => (attempt.Lease.ExecutionId, attempt.Lease.Epoch, attempt.Phase == AttemptPhase.Completed))];

    /// <summary>The coordinator's end of the link.</summary>
    private sealed class Replay : RawLink
    {
        private readonly Channel<WorkerState> _reports = Channel.CreateUnbounded<WorkerState>();
        private WorkerState? _newest;

        public Channel<byte[]> Answers { get; } = Channel.CreateUnbounded<byte[]>();

        public override async Task Link(IAsyncStreamReader<byte[]> requestStream, IServerStreamWriter<byte[]> responseStream, ServerCallContext context)
        {
            var answering = AnswerAsync(responseStream, context.CancellationToken);
            try
            {
                while (await requestStream.MoveNext(context.CancellationToken))
                    _reports.Writer.TryWrite(WorkerState.Parser.ParseFrom(requestStream.Current));
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The worker has hung up.
            }

            await answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        public async Task NextAsync(Func<WorkerState, bool> wanted)
        {
            using var guard = new CancellationTokenSource(Patience);
            while (_newest is null || !wanted(_newest))
                _newest = await _reports.Reader.ReadAsync(guard.Token);
        }

        private async Task AnswerAsync(IServerStreamWriter<byte[]> responses, CancellationToken cancellationToken)
        {
            await foreach (var answer in Answers.Reader.ReadAllAsync(cancellationToken))
                await responses.WriteAsync(answer, cancellationToken);
        }
    }
}
