namespace Grpc.Net.Client.Configuration;

/// <summary>The policy of the methods it names.</summary>
public sealed class MethodConfig
{
    /// <summary>The methods this is for.</summary>
    public IList<MethodName> Names { get; } = [];

    /// <summary>How failed calls are tried again; null for not at all.</summary>
    public RetryPolicy? RetryPolicy { get; set; }
}
