using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;

namespace BuildFarm.TestKit.Workers;

/// <summary>
/// A worker that speaks the real link and starts nothing: every attempt succeeds at once, as many in all as it is let. It keeps to
/// the protocol: it forgets what is not desired, and says everything it has in every message.
/// </summary>
public sealed class InstantWorker : IAsyncDisposable
{
    private static readonly Completion Success = new()
    {
        Outcome = Outcome.Success,
        Result = new Build.Bazel.Remote.Execution.V2.ActionResult(),
        Usage = new ResourceUsage { WallTime = Duration.FromTimeSpan(TimeSpan.FromSeconds(2)), PeakMemoryBytes = 1 << 28 },
    };

    private readonly AsyncDuplexStreamingCall<WorkerState, DesiredState> _call;
    private readonly WorkerState _state;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<Lease, AttemptState> _attempts = [];
    private System.Threading.Tasks.Task _receiving = System.Threading.Tasks.Task.CompletedTask;
    private TaskCompletionSource _reached = new();
    private long _allowed;
    private long _ended;
    private long _taken;

    private InstantWorker(AsyncDuplexStreamingCall<WorkerState, DesiredState> call, WorkerState state) => (_call, _state) = (call, state);

    /// <summary>Attempts that it has ended and whose end the coordinator has taken.</summary>
    public long Taken
    {
        get
        {
            lock (_gate)
            {
                return _taken;
            }
        }
    }

    /// <summary>Links a worker with as many slots of one CPU. It ends nothing until <see cref="RunToAsync"/>.</summary>
    public static async Task<InstantWorker> LinkAsync(GrpcChannel channel, int slots, string id = "worker-1")
    {
        var worker = new InstantWorker(new V1.Workers.WorkersClient(channel).Link(), new WorkerState { WorkerId = id, Incarnation = "1" });
        var first = worker._state.Clone();
        first.Offer = new WorkerOffer
        {
            Pool = "default",
            Environment = "root-1",
            Capacity = new Resources { CpuMillis = slots * 1000L, MemoryBytes = (long)slots << 30 },
            Runtime = "none",
            ProtocolVersion = 1,
        };
        await worker._call.RequestStream.WriteAsync(first);
        worker._receiving = worker.ReceiveAsync();
        return worker;
    }

    /// <summary>Ends attempts until so many have been taken since the beginning, and then holds on to what it gets.</summary>
    public async System.Threading.Tasks.Task RunToAsync(long count)
    {
        TaskCompletionSource reached;
        lock (_gate)
        {
            _allowed = count;
            reached = _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            EndWhatMay();
        }

        await SendAsync();
        await System.Threading.Tasks.Task.WhenAny(reached.Task, _receiving);
        if (!reached.Task.IsCompleted)
        {
            await _receiving;
            throw new InvalidOperationException("the coordinator ended the link");
        }
    }

    /// <summary>Breaks the stream as a dying process does.</summary>
    public async ValueTask DisposeAsync()
    {
        _call.Dispose();
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _sending.Dispose();
    }

    private async System.Threading.Tasks.Task ReceiveAsync()
    {
        while (await _call.ResponseStream.MoveNext(CancellationToken.None))
        {
            if (Apply(_call.ResponseStream.Current))
            {
                await SendAsync();
            }
        }
    }

    /// <returns>Whether there is something new to say.</returns>
    private bool Apply(DesiredState desired)
    {
        lock (_gate)
        {
            var changed = _state.AppliedRevision != desired.Revision;
            _state.AppliedRevision = desired.Revision;
            var wanted = desired.Assignments.Select(assignment => assignment.Lease).ToHashSet();
            foreach (var (lease, attempt) in _attempts.ToList())
            {
                if (!wanted.Contains(lease))
                {
                    _attempts.Remove(lease);
                    _taken += attempt.Phase == AttemptPhase.Completed ? 1 : 0;
                }
            }

            foreach (var lease in wanted)
            {
                _attempts.TryAdd(lease, new AttemptState { Lease = lease, Phase = AttemptPhase.Running });
            }

            if (_taken >= _allowed)
            {
                _reached.TrySetResult();
            }

            return EndWhatMay() || changed;
        }
    }

    private bool EndWhatMay()
    {
        var before = _ended;
        foreach (var attempt in _attempts.Values)
        {
            if (_ended < _allowed && attempt.Phase == AttemptPhase.Running)
            {
                attempt.Phase = AttemptPhase.Completed;
                attempt.Completion = Success;
                _ended++;
            }
        }

        return _ended > before;
    }

    private async System.Threading.Tasks.Task SendAsync()
    {
        await _sending.WaitAsync();
        try
        {
            WorkerState state;
            lock (_gate)
            {
                state = _state.Clone();
                state.Attempts.AddRange(_attempts.Values.Select(attempt => attempt.Clone()));
            }

            await _call.RequestStream.WriteAsync(state);
        }
        finally
        {
            _sending.Release();
        }
    }
}
