using BuildFarm.V1;

namespace BuildFarm.Worker.Execution;

/// <summary>Makes one attempt at an Action.</summary>
internal interface IActionExecutor
{
    /// <summary>Runs it to an outcome. Never throws for what a task, the cache or the machine does: each is an outcome.</summary>
    /// <param name="assignment">What to run.</param>
    /// <param name="enterPhase">Called as the attempt goes on.</param>
    /// <param name="cancellationToken">Ends the attempt; its outcome is then CANCELLED.</param>
    Task<Completion> ExecuteAsync(Assignment assignment, Action<AttemptPhase> enterPhase, CancellationToken cancellationToken);
}
