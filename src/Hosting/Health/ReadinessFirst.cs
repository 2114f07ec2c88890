using Microsoft.Extensions.Hosting;

namespace BuildFarm.Hosting.Health;

/// <summary>
/// Answers "not ready" before anything else stops, and then leaves load balancers the time to see it while every
/// listener still serves. After a fatal error there is nothing to serve, so nothing is waited for.
/// </summary>
internal sealed class ReadinessFirst(Readiness readiness, ShutdownOptions options, FatalError fatal, TimeProvider time) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        readiness.Stop();
        if (options.NotReadyFor > TimeSpan.Zero && fatal.Message is null)
        {
            await Task.Delay(options.NotReadyFor, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
