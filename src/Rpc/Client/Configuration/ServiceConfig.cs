namespace Grpc.Net.Client.Configuration;

/// <summary>Policies of a channel's methods (grpc's service_config.md), as far as they are about retries.</summary>
public sealed class ServiceConfig
{
    /// <summary>Policies by method. The most exact name wins: method, then service, then <see cref="MethodName.Default"/>.</summary>
    public IList<MethodConfig> MethodConfigs { get; } = [];

    /// <summary>Stops retries while most calls fail; null for no throttling.</summary>
    public RetryThrottlingPolicy? RetryThrottling { get; set; }
}
