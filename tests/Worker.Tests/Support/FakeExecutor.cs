using System.Collections.Concurrent;
using BuildFarm.V1;
using BuildFarm.Worker.Execution;

namespace BuildFarm.Worker.Tests.Support;

/// <summary>Attempts that run until the test finishes them.</summary>
internal sealed class FakeExecutor : IActionExecutor
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Completion>> running = new();

    public ConcurrentQueue<string> Started { get; } = new();

    public ConcurrentQueue<string> Stopped { get; } = new();

    public async Task<Completion> ExecuteAsync(Assignment assignment, Action<AttemptPhase> enterPhase, CancellationToken cancellationToken)
    {
        var name = $"{assignment.Lease.ExecutionId}/{assignment.Lease.Epoch}";
        var end = running.GetOrAdd(name, static _ => new TaskCompletionSource<Completion>(TaskCreationOptions.RunContinuationsAsynchronously));
        Started.Enqueue(name);
        enterPhase(AttemptPhase.Running);
        await using var registration = cancellationToken.Register(() => end.TrySetResult(new Completion { Outcome = Outcome.Cancelled }));
        var completion = await end.Task;
        if (completion.Outcome == Outcome.Cancelled)
            Stopped.Enqueue(name);
        return completion;
    }

    public void Finish(string executionId, long epoch) =>
        running.GetOrAdd($"{executionId}/{epoch}", static _ => new TaskCompletionSource<Completion>(TaskCreationOptions.RunContinuationsAsynchronously))
            .TrySetResult(new Completion { Outcome = Outcome.Success });
}
