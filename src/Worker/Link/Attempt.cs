using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Worker.Link;

/// <summary>One attempt that this worker has. Changed under the lock of its table alone.</summary>
internal sealed class Attempt(Assignment assignment, Timestamp startedAt)
{
    public Assignment Assignment => assignment;

    public CancellationTokenSource Stop { get; } = new();

    public AttemptPhase Phase { get; set; } = AttemptPhase.Fetching;

    /// <summary>Null while it runs.</summary>
    public Completion? Completion { get; set; }

    /// <summary>Nobody wants it any more: it goes from the table when it has ended.</summary>
    public bool Unwanted { get; set; }

    public Task Running { get; set; } = Task.CompletedTask;

    public AttemptState ToState() =>
        new() { Lease = assignment.Lease, Phase = Phase, Completion = Completion, StartedAt = startedAt };
}
