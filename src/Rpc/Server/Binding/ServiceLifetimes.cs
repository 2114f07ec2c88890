using Microsoft.Extensions.DependencyInjection;

namespace BuildFarm.Rpc.Server.Binding;

/// <summary>
/// Says how long a registered service lives, which a container does not tell. A singleton service is then resolved once, and
/// its calls make no scope.
/// </summary>
internal sealed class ServiceLifetimes(IServiceCollection services)
{
    /// <summary>The lifetime of the last registration; null when the type is not registered.</summary>
    public ServiceLifetime? Find(Type type) =>
        services.LastOrDefault(descriptor => !descriptor.IsKeyedService && descriptor.ServiceType == type)?.Lifetime;
}
