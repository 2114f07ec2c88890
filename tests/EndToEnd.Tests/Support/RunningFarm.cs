using Xunit;

namespace BuildFarm.EndToEnd.Tests.Support;

/// <summary>A farm of two CPUs that is up for all tests of a class.</summary>
public sealed class RunningFarm : IAsyncLifetime
{
    internal FarmBench Bench { get; } = new();

    /// <inheritdoc />
    public async ValueTask InitializeAsync() => await Bench.UpAsync("--workers", "2");

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Bench.DisposeAsync();
}
