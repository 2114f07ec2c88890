using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Worker.Link;

/// <summary>One attempt that this worker has. Changed under the lock of its table alone.</summary>
internal sealed class Attempt(Assignment assignment, Timestamp startedAt, long startedTicks)
{
    public Assignment Assignment => assignment;

    public CancellationTokenSource Stop { get; } = new();

    public AttemptPhase Phase { get; private set; } = AttemptPhase.Fetching;

    /// <summary>Grows while it gets on; the coordinator watches it.</summary>
    public long Progress { get; private set; } = 1;

    /// <summary>When it entered its phase, as a timestamp of the worker's clock.</summary>
    public long PhaseSince { get; private set; } = startedTicks;

    /// <summary>Null while it runs.</summary>
    public Completion? Completion { get; set; }

    /// <summary>Nobody wants it any more: it goes from the table when it has ended.</summary>
    public bool Unwanted { get; set; }

    public Task Running { get; set; } = Task.CompletedTask;

    public void Enter(AttemptPhase phase, long ticks)
    {
        Phase = phase;
        PhaseSince = ticks;
        Progress++;
    }

    /// <summary>It was looked at, and is in the time that its phase may take: nothing says that it hangs.</summary>
    public void GetOn() => Progress++;

    public AttemptState ToState() =>
        new() { Lease = assignment.Lease, Phase = Phase, Completion = Completion, StartedAt = startedAt, Progress = Progress };
}
