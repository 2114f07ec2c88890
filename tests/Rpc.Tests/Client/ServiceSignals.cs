using Microsoft.Extensions.DependencyInjection;

namespace BuildFarm.Rpc.Tests.Client;

/// <summary>What a test service tells its test.</summary>
internal sealed record ServiceSignals(TaskCompletionSource Started, TaskCompletionSource Cancelled);

internal static class ServiceSignalsExtensions
{
    public static void AddSingletonPair(this IServiceCollection services, TaskCompletionSource started, TaskCompletionSource cancelled) =>
        services.AddSingleton(new ServiceSignals(started, cancelled));
}
