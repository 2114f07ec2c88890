using BuildFarm.V1;
using BuildFarm.Worker.Execution;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Worker.Link;

/// <summary>
/// The attempts of this worker: the one place that starts and ends them. It turns what should be into what is, so hearing the
/// same thing twice, late or never does no harm.
/// </summary>
internal sealed partial class AttemptTable(IActionExecutor executor, TimeProvider time, ILogger logger)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string ExecutionId, long Epoch), Attempt> attempts = [];
    private bool draining;
    private readonly SortedDictionary<string, string> pauses = new(StringComparer.Ordinal);
    private long appliedRevision;
    private int wantedCount;

    /// <summary>
    /// How long an attempt may fetch or upload before its progress stands still for the coordinator. What runs has its time limit
    /// instead, and this much longer, because the worker itself ends it then.
    /// </summary>
    public static readonly TimeSpan StageLimit = TimeSpan.FromMinutes(30);

    /// <summary>Raised, outside the lock, when the coordinator has said that this worker is out of service, or no longer is.</summary>
    public event Action<string>? EvictionHeard;

    /// <summary>True when the coordinator wants nothing of this worker.</summary>
    public bool IsReleased
    {
        get
        {
            lock (gate)
            {
                return wantedCount == 0;
            }
        }
    }

    /// <summary>Raised, outside the lock, when the state to send has changed.</summary>
    public event System.Action? Changed;

    /// <summary>Raised, outside the lock, when an attempt has entered a phase, which nobody waits for.</summary>
    public event System.Action? Progressed;

    /// <summary>Attempts that still run, unwanted ones included.</summary>
    public int RunningCount
    {
        get
        {
            lock (gate)
            {
                return attempts.Values.Count(static attempt => attempt.Completion is null);
            }
        }
    }

    /// <summary>True when it has nothing at all, also nothing to be accepted.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (gate)
            {
                return attempts.Count == 0;
            }
        }
    }

    /// <summary>
    /// A new stream has not told anything yet. A revision heard on another may be of a coordinator that is gone, and would be read
    /// against the numbers of this one.
    /// </summary>
    public void BeginStream()
    {
        lock (gate)
        {
            appliedRevision = 0;
        }
    }

    /// <summary>Starts what is wanted and missing; ends and forgets what is there and not wanted.</summary>
    public void Apply(DesiredState desired)
    {
        var ended = new List<Attempt>();
        bool news;
        lock (gate)
        {
            wantedCount = desired.Assignments.Count;
            var wanted = new HashSet<(string, long)>();
            foreach (var assignment in desired.Assignments)
            {
                wanted.Add(Key(assignment.Lease));
                // A draining worker takes nothing new; the coordinator sees that in its state.
                if (!draining && pauses.Count == 0 && !attempts.ContainsKey(Key(assignment.Lease)))
                    Start(assignment);
            }

            foreach (var (key, attempt) in attempts)
            {
                if (!wanted.Contains(key))
                    ended.Add(attempt);
            }

            foreach (var attempt in ended)
                Forget(attempt);
            // Every report is answered, so answering an answer that says nothing new would go on for ever.
            news = appliedRevision != desired.Revision || ended.Count > 0;
            appliedRevision = desired.Revision;
        }

        foreach (var attempt in ended)
            attempt.Stop.Cancel();
        EvictionHeard?.Invoke(desired.Evicted);
        if (news)
            Changed?.Invoke();
    }

    /// <summary>From now on nothing new is taken.</summary>
    public void Drain()
    {
        lock (gate)
        {
            draining = true;
        }

        Changed?.Invoke();
    }

    /// <summary>Nothing new is taken while there is a reason, one line; an empty one ends that.</summary>
    /// <param name="subject">What gives it: each has one of its own.</param>
    /// <param name="reason">For people.</param>
    public void Pause(string subject, string reason)
    {
        lock (gate)
        {
            if (reason.Length > 0)
                pauses[subject] = reason;
            else
                pauses.Remove(subject);
        }

        Changed?.Invoke();
    }

    /// <summary>Ends everything that runs; what is complete stays until the coordinator has seen it.</summary>
    public void EndRunning(string reason)
    {
        List<Attempt> running;
        lock (gate)
        {
            running = [.. attempts.Values.Where(static attempt => attempt.Completion is null)];
            foreach (var attempt in running)
                attempt.Unwanted = true;
        }

        if (running.Count > 0)
            LogEnding(running.Count, reason);
        foreach (var attempt in running)
            attempt.Stop.Cancel();
    }

    /// <summary>Waits until what runs now has ended.</summary>
    public Task WhenRunningEndedAsync()
    {
        lock (gate)
        {
            return Task.WhenAll(attempts.Values.Select(static attempt => attempt.Running));
        }
    }

    /// <summary>Writes the attempts into a message.</summary>
    public void Describe(WorkerState state)
    {
        lock (gate)
        {
            state.Draining = draining || pauses.Count > 0;
            state.DrainReason = draining ? "" : string.Join("; ", pauses.Values);
            state.AppliedRevision = appliedRevision;
            foreach (var attempt in attempts.Values.Where(GetsOn))
                attempt.GetOn();
            state.Attempts.AddRange(attempts.Values.Select(static attempt => attempt.ToState()));
        }
    }

    private static (string ExecutionId, long Epoch) Key(Lease lease) => (lease.ExecutionId, lease.Epoch);

    /// <summary>A command may be silent for as long as its time limit; past that the worker should have ended it.</summary>
    private bool GetsOn(Attempt attempt)
    {
        var limit = attempt.Phase == AttemptPhase.Running ? (attempt.Assignment.Timeout?.ToTimeSpan() ?? TimeSpan.Zero) + StageLimit : StageLimit;
        return attempt.Completion is null && time.GetElapsedTime(attempt.PhaseSince) < limit;
    }

    private void Start(Assignment assignment)
    {
        var attempt = new Attempt(assignment, Timestamp.FromDateTimeOffset(time.GetUtcNow()), time.GetTimestamp());
        attempts.Add(Key(assignment.Lease), attempt);
        attempt.Running = Task.Run(() => RunAsync(attempt));
    }

    private void Forget(Attempt attempt)
    {
        attempt.Unwanted = true;
        // A running one keeps its place until its container is gone, because until then it holds what it was given.
        if (attempt.Completion is not null)
            attempts.Remove(Key(attempt.Assignment.Lease));
    }

    private async Task RunAsync(Attempt attempt)
    {
        Completion completion;
        try
        {
            completion = await executor.ExecuteAsync(attempt.Assignment, phase => Enter(attempt, phase), attempt.Stop.Token);
        }
        catch (Exception e)
        {
            LogBroken(e, attempt.Assignment.DisplayName);
            completion = new Completion { Outcome = Outcome.Infrastructure, Message = $"the worker failed: {e.Message}" };
        }

        lock (gate)
        {
            attempt.Completion = completion;
            attempt.Enter(AttemptPhase.Completed, time.GetTimestamp());
            if (attempt.Unwanted)
                attempts.Remove(Key(attempt.Assignment.Lease));
        }

        LogEnded(attempt.Assignment.DisplayName, completion.Outcome, completion.Message);
        Changed?.Invoke();
    }

    private void Enter(Attempt attempt, AttemptPhase phase)
    {
        lock (gate)
        {
            attempt.Enter(phase, time.GetTimestamp());
        }

        Progressed?.Invoke();
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "{Task}: {Outcome} {Message}")]
    private partial void LogEnded(string task, Outcome outcome, string message);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "{Task}: the worker failed")]
    private partial void LogBroken(Exception exception, string task);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "ending {Count} running task(s): {Reason}")]
    private partial void LogEnding(int count, string reason);
}
