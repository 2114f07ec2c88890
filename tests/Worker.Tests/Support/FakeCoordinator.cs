using System.Threading.Channels;
using BuildFarm.TestKit.Rpc;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace BuildFarm.Worker.Tests.Support;

/// <summary>The coordinator's side of the link over real gRPC: a test says what is desired and sees what the worker reports.</summary>
public sealed class FakeCoordinator : Workers.WorkersBase, IAsyncDisposable
{
    private readonly Channel<WorkerState> received = Channel.CreateUnbounded<WorkerState>();
    private readonly Lock gate = new();
    private RpcTestServer? server;
    private Channel<DesiredState>? sending;
    private CancellationTokenSource? current;
    private long revision;
    private long clock;

    /// <summary>How long the worker may go without an answer: longer than any machine stands still.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromMinutes(10);

    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>False to let heartbeats go unanswered.</summary>
    public bool Answers { get; set; } = true;

    /// <summary>What its answers say of the worker's clock, by that of the newest report; 0 from an older coordinator.</summary>
    public Func<long, long> AnswersClock { get; set; } = static clock => clock;

    /// <summary>Why the worker is out of service; empty when it is not.</summary>
    public string Evicted { get; set; } = "";

    public List<Assignment> Wanted { get; } = [];

    /// <summary>Answers a worker that asks for secrets; by default none are held.</summary>
    public Func<GetSecretsRequest, GetSecretsResponse> Secrets { get; set; } =
        static _ => throw new RpcException(new Status(StatusCode.FailedPrecondition, "the farm holds no secret"));

    public CallInvoker Invoker => server!.CreateChannel().CreateCallInvoker();

    public async Task StartAsync() =>
        server = await RpcTestServer.StartAsync(app => app.MapGrpcService<FakeCoordinator>(), services => services.AddSingleton(this));

    public override Task<GetSecretsResponse> GetSecrets(GetSecretsRequest request, ServerCallContext context) => Task.FromResult(Secrets(request));

    public override async Task Link(
        IAsyncStreamReader<WorkerState> requestStream, IServerStreamWriter<DesiredState> responseStream, ServerCallContext context)
    {
        var outgoing = Channel.CreateUnbounded<DesiredState>();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        lock (gate)
        {
            sending = outgoing;
            current = ends;
        }

        var writing = Task.Run(async () =>
        {
            await foreach (var state in outgoing.Reader.ReadAllAsync(ends.Token))
                await responseStream.WriteAsync(state);
        });
        try
        {
            while (await requestStream.MoveNext(ends.Token))
            {
                Volatile.Write(ref clock, requestStream.Current.Clock);
                received.Writer.TryWrite(requestStream.Current.Clone());
                if (Answers)
                    Tell(outgoing);
            }
        }
        catch (OperationCanceledException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the test breaks the link"));
        }
        catch (IOException)
        {
            // The worker has hung up.
        }
        finally
        {
            lock (gate)
            {
                // The next stream may have taken the place already.
                if (current == ends)
                    current = null;
            }

            outgoing.Writer.TryComplete();
            await writing.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>Changes what is wanted and tells the worker at once.</summary>
    public void Want(params Assignment[] assignments)
    {
        lock (gate)
        {
            Wanted.Clear();
            Wanted.AddRange(assignments);
            revision++;
            if (sending is not null)
                Tell(sending);
        }
    }

    /// <summary>In the order of what is wanted, whoever tells it.</summary>
    private void Tell(Channel<DesiredState> outgoing)
    {
        lock (gate)
            outgoing.Writer.TryWrite(Desired());
    }

    /// <summary>Breaks the stream under way.</summary>
    public void BreakLink()
    {
        lock (gate)
        {
            current?.Cancel();
        }
    }

    /// <summary>The next report that a test waits for; those before it are passed over.</summary>
    public async Task<WorkerState> NextAsync(Func<WorkerState, bool> wanted)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var state = await received.Reader.ReadAsync(guard.Token);
            if (wanted(state))
                return state;
            Passed++;
        }
    }

    /// <summary>Reports that a test has passed over.</summary>
    public int Passed { get; private set; }

    public async ValueTask DisposeAsync()
    {
        BreakLink();
        if (server is not null)
            await server.DisposeAsync();
    }

    private DesiredState Desired()
    {
        lock (gate)
        {
            var desired = new DesiredState
            {
                HeartbeatInterval = Duration.FromTimeSpan(HeartbeatInterval),
                LeaseDuration = Duration.FromTimeSpan(LeaseDuration),
                Revision = revision,
                Evicted = Evicted,
                AnswersClock = AnswersClock(Volatile.Read(ref clock)),
            };
            desired.Assignments.AddRange(Wanted);
            return desired;
        }
    }
}
