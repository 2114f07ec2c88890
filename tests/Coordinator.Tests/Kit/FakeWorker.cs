using System.Threading.Channels;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Digest = BuildFarm.Digests.Digest;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Kit;

/// <summary>
/// A worker that speaks the real link and starts nothing: tests take its assignments and say how they end. It keeps to the
/// protocol: it forgets what is not desired, and says everything it has in every message.
/// </summary>
internal sealed class FakeWorker : IAsyncDisposable
{
    private readonly AsyncDuplexStreamingCall<WorkerState, DesiredState> _call;
    private readonly Channel<Assignment> _assigned = Channel.CreateUnbounded<Assignment>();
    private readonly Channel<DesiredState> _desired = Channel.CreateUnbounded<DesiredState>();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<Lease, AttemptState> _attempts = [];
    private readonly Dictionary<Lease, long> _assignedAt = [];
    private readonly WorkerOffer _offer;
    private Task _receiving = Task.CompletedTask;
    private long _revision;

    private FakeWorker(AsyncDuplexStreamingCall<WorkerState, DesiredState> call, string id, string incarnation, WorkerOffer offer)
    {
        _call = call;
        Id = id;
        Incarnation = incarnation;
        _offer = offer;
    }

    public string Id { get; }

    public string Incarnation { get; }

    /// <summary>What its reports say from now on.</summary>
    public bool Drains { get; set; }

    /// <summary>What its reports say of its clock from now on.</summary>
    public long Clock { get; set; }

    /// <summary>What its next report says that it keeps; null for nothing new.</summary>
    public HomeReport? Homes
    {
        get
        {
            lock (_gate)
            {
                return field;
            }
        }
        set
        {
            lock (_gate)
            {
                field = value;
            }
        }
    }

    /// <summary>Every desired state that came, in order, when its answer has been sent.</summary>
    public ChannelReader<DesiredState> Desired => _desired.Reader;

    /// <summary>Ends when the stream does; fails with its status.</summary>
    public Task Ended => _receiving;

    public static WorkerOffer Offer(string pool = "default", string environment = "root-1", long cpuMillis = 2000) => new()
    {
        Pool = pool,
        Environment = environment,
        Capacity = new Resources { CpuMillis = cpuMillis, MemoryBytes = 8L << 30 },
        Runtime = "fake",
        ProtocolVersion = 1,
    };

    public static async Task<FakeWorker> LinkAsync(GrpcChannel channel, string id = "w1", string incarnation = "i1", WorkerOffer? offer = null, HomeReport? homes = null)
    {
        var worker = new FakeWorker(new V1.Workers.WorkersClient(channel).Link(), id, incarnation, offer ?? Offer()) { Homes = homes };
        await worker.SendAsync(withOffer: true);
        worker._receiving = worker.ReceiveAsync();
        return worker;
    }

    /// <summary>Waits for the next attempt that the coordinator wants.</summary>
    public async Task<Assignment> NextAssignmentAsync() => await _assigned.Reader.ReadAsync().AsTask().WaitAsync(TestFarm.Patience);

    /// <summary>Waits for the next desired state.</summary>
    public async Task<DesiredState> NextDesiredAsync() => await _desired.Reader.ReadAsync().AsTask().WaitAsync(TestFarm.Patience);

    /// <summary>Waits until the coordinator no longer wants an attempt.</summary>
    public async Task ForgottenAsync(Assignment assignment)
    {
        long assignedAt;
        lock (_gate)
        {
            // What it was never given is not in the first state either.
            assignedAt = _assignedAt.GetValueOrDefault(assignment.Lease, -1);
        }

        DesiredState state;
        do
        {
            state = await NextDesiredAsync();
        }
        while (state.Revision <= assignedAt || state.Assignments.Any(desired => desired.Lease.Equals(assignment.Lease)));
    }

    /// <summary>Reports an attempt as ended.</summary>
    public Task CompleteAsync(Assignment assignment, Completion? completion = null) => CompleteAsync((assignment, completion ?? Success()));

    /// <summary>Ends several attempts in one report.</summary>
    public Task CompleteAsync(params (Assignment Assignment, Completion Completion)[] ended)
    {
        lock (_gate)
        {
            foreach (var (assignment, completion) in ended)
            {
                _attempts[assignment.Lease] = new AttemptState { Lease = assignment.Lease, Phase = AttemptPhase.Completed, Completion = completion };
            }
        }

        return SendAsync();
    }

    /// <summary>Takes every assignment and ends it as <paramref name="run"/> says, until the link ends.</summary>
    public async Task<int> RunAllAsync(Func<Assignment, Completion> run)
    {
        var count = 0;
        await foreach (var assignment in _assigned.Reader.ReadAllAsync())
        {
            count++;
            await CompleteAsync(assignment, run(assignment));
        }

        return count;
    }

    /// <summary>Says everything, as a heartbeat does.</summary>
    public async Task SendAsync(bool withOffer = false)
    {
        await _sending.WaitAsync();
        try
        {
            await _call.RequestStream.WriteAsync(State(withOffer));
        }
        finally
        {
            _sending.Release();
        }
    }

    public static Completion Success(params (string Path, Digest Content)[] outputs) => new()
    {
        Outcome = Outcome.Success,
        Result = ResultOf(0, outputs),
        Usage = new ResourceUsage { WallTime = Duration.FromTimeSpan(TimeSpan.FromSeconds(2)) },
    };

    public static Completion Failure(int exitCode) => new()
    {
        Outcome = Outcome.Failure,
        ExitCode = exitCode,
        Message = $"exited with {exitCode}",
        Result = ResultOf(exitCode, []),
    };

    /// <summary>Breaks the stream as a dying process does.</summary>
    public async ValueTask DisposeAsync()
    {
        _call.Dispose();
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _sending.Dispose();
    }

    private static ActionResult ResultOf(int exitCode, (string Path, Digest Content)[] outputs) => new()
    {
        ExitCode = exitCode,
        OutputFiles =
        {
            outputs.Select(output => new OutputFile { Path = output.Path, Digest = Digests.Trees.DigestProto.ToProto(output.Content) }),
        },
    };

    private WorkerState State(bool withOffer)
    {
        lock (_gate)
        {
            var homes = Homes;
            Homes = null;
            return new WorkerState
            {
                Homes = homes,
                WorkerId = Id,
                Incarnation = Incarnation,
                Offer = withOffer ? _offer : null,
                Attempts = { _attempts.Values },
                AppliedRevision = _revision,
                Draining = Drains,
                Clock = Clock,
            };
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (await _call.ResponseStream.MoveNext(CancellationToken.None))
            {
                if (Apply(_call.ResponseStream.Current))
                {
                    await AnswerAsync();
                }

                _desired.Writer.TryWrite(_call.ResponseStream.Current);
            }
        }
        finally
        {
            _assigned.Writer.TryComplete();
            _desired.Writer.TryComplete();
        }
    }

    private async Task AnswerAsync()
    {
        try
        {
            await SendAsync();
        }
        catch (RpcException)
        {
            // The coordinator takes no more; what it says next tells why.
        }
    }

    private bool Apply(DesiredState desired)
    {
        lock (_gate)
        {
            var wanted = desired.Assignments.Select(assignment => assignment.Lease).ToHashSet();
            var changed = _revision != desired.Revision;
            _revision = desired.Revision;
            foreach (var lease in _attempts.Keys.Where(lease => !wanted.Contains(lease)).ToList())
            {
                _attempts.Remove(lease);
            }

            foreach (var assignment in desired.Assignments)
            {
                if (_attempts.TryAdd(assignment.Lease, new AttemptState { Lease = assignment.Lease, Phase = AttemptPhase.Running }))
                {
                    _assignedAt[assignment.Lease] = desired.Revision;
                    _assigned.Writer.TryWrite(assignment);
                }
            }

            return changed;
        }
    }
}
