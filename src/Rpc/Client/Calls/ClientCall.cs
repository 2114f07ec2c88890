using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Grpc.Net.Client.Telemetry;
using Grpc.Net.Client.Transport;

namespace Grpc.Net.Client.Calls;

/// <summary>
/// One call of any shape: its deadline, its cancellation, and how it ends. It ends exactly once, with the first of: the server's status, a failure, cancellation, the deadline.
/// Whatever still waits on it then sees that outcome.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has neither timer nor parent; tokens of it may outlive the call.")]
internal sealed partial class ClientCall
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(int.MaxValue);
    private static readonly Status CancelledByCaller = new(StatusCode.Cancelled, "call cancelled by the client");

    private readonly GrpcChannel _channel;
    private readonly IMethod _method;
    private readonly MethodRoute _route;
    private readonly CallOptions _options;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly Activity? _span;
    private readonly long _started;
    private readonly TaskCompletionSource? _ended;
    private CancellationTokenRegistration _callerCancellation;
    private ITimer? _deadlineTimer;
    private CallOutcome? _outcome;

    /// <summary>Makes a call; <paramref name="streaming"/> says whether somebody may have to wait for its end apart from its response.</summary>
    public ClientCall(GrpcChannel channel, IMethod method, CallOptions options, bool streaming)
    {
        _channel = channel;
        _method = method;
        _options = options;
        _route = channel.RouteOf(method);
        _span = ClientTelemetry.StartSpan(method, channel.Target);
        _started = ClientTelemetry.MeasuresDuration ? channel.TimeProvider.GetTimestamp() : 0;
        _ended = streaming ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null;
    }

    /// <summary>Cancelled when the call has ended otherwise than by success.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>Completes when the call has ended; only on streaming calls.</summary>
    public Task Ended => _ended!.Task;

    public bool HasEnded => Volatile.Read(ref _outcome) is not null;

    public WriteOptions? WriteOptions => _options.WriteOptions;

    public Status GetStatus() => (Volatile.Read(ref _outcome) ?? throw NotEnded()).Status;

    public Metadata GetTrailers()
    {
        var outcome = Volatile.Read(ref _outcome) ?? throw NotEnded();
        return outcome.Trailers ?? ReadTrailers();
    }

    /// <summary>What to throw for a call that did not succeed.</summary>
    public Exception Failure()
    {
        var outcome = Volatile.Read(ref _outcome)!;
        return _channel.ThrowOperationCanceledOnCancellation && outcome.Status.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded
            ? new OperationCanceledException(outcome.Status.Detail, new RpcException(outcome.Status, GetTrailers()), _options.CancellationToken)
            : new RpcException(outcome.Status, GetTrailers());
    }

    /// <summary>What to throw for a write that failed on a call whose response has begun: reading the response tells how the call ends.</summary>
    public Exception WriteFailure(Exception cause)
    {
        var status = TransportFailure.From(cause, _channel.Address).Status;
        return new RpcException(new Status(status.StatusCode, $"the server takes no more messages ({status.Detail}); its response tells why", cause));
    }

    /// <summary>The caller no longer wants the call. No effect once it has ended.</summary>
    public void Cancel() => End(new CallOutcome(CancelledByCaller, Metadata.Empty));

    /// <summary>Ends the call with the failure that <paramref name="exception"/> stands for.</summary>
    public void EndWith(Exception exception) => EndWith(TransportFailure.From(exception, _channel.Address).Status);

    public void EndWith(Status status) => End(new CallOutcome(status, null));

    /// <summary>Ends the call unless it has ended; whoever comes first decides the outcome.</summary>
    private void End(CallOutcome outcome)
    {
        if (outcome.Status.StatusCode == StatusCode.Cancelled && IsPastDeadline())
        {
            outcome = DeadlineExceeded();
        }

        if (Interlocked.CompareExchange(ref _outcome, outcome, null) is not null)
        {
            return;
        }

        _deadlineTimer?.Dispose();
        _callerCancellation.Unregister();
        if (_ended is not null || outcome.Status.StatusCode != StatusCode.OK)
        {
            _cancellation.Cancel();
        }

        _response?.Dispose();
        _content?.OnEnded();
        _ended?.TrySetResult();
        ClientTelemetry.EndSpan(_span, outcome.Status);
        if (_started != 0)
        {
            ClientTelemetry.Record(_method, outcome.Status.StatusCode, _channel.TimeProvider.GetElapsedTime(_started));
        }
    }

    /// <summary>Arms cancellation and the deadline; false when the call is over before it began.</summary>
    private bool Arm()
    {
        if (TimeLeft() is { } left)
        {
            if (left <= TimeSpan.Zero)
            {
                End(DeadlineExceeded());
                return false;
            }

            if (left < LongestTimer)
            {
                _deadlineTimer = _channel.TimeProvider.CreateTimer(
                    static call => ((ClientCall)call!).End(DeadlineExceeded()), this, left, Timeout.InfiniteTimeSpan);
            }
        }

        if (_options.CancellationToken.CanBeCanceled)
        {
            _callerCancellation = _options.CancellationToken.UnsafeRegister(static call => ((ClientCall)call!).Cancel(), this);
        }

        if (HasEnded)
        {
            _deadlineTimer?.Dispose();
            _callerCancellation.Unregister();
            return false;
        }

        return true;
    }

    private TimeSpan? TimeLeft() => _options.Deadline is { } deadline && deadline != DateTime.MaxValue
        ? deadline.ToUniversalTime() - _channel.TimeProvider.GetUtcNow().UtcDateTime
        : null;

    private bool IsPastDeadline() => TimeLeft() is { } left && left <= TimeSpan.Zero;

    private static CallOutcome DeadlineExceeded() => new(new Status(StatusCode.DeadlineExceeded, "the deadline passed before the call ended"), Metadata.Empty);

    private static InvalidOperationException NotEnded() => new("The call has not ended yet; its status and trailers are known when it has.");
}
