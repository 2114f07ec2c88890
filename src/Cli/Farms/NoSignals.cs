using Microsoft.Extensions.Hosting;

namespace BuildFarm.Cli.Farms;

/// <summary>A host that ends when it is told to by its owner, who deals with signals himself.</summary>
internal sealed class NoSignals : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
