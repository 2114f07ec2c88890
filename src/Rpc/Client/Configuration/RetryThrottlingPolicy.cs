namespace Grpc.Net.Client.Configuration;

/// <summary>A bucket of tokens for a whole channel (gRFC A6): failures take one, successes give back <see cref="TokenRatio"/>, and there are no retries while it is half empty or less.</summary>
public sealed class RetryThrottlingPolicy
{
    /// <summary>The size of the bucket, from 1 to 1000. It starts full.</summary>
    public int? MaxTokens { get; set; }

    /// <summary>Tokens that one success gives back; more than 0.</summary>
    public double? TokenRatio { get; set; }
}
