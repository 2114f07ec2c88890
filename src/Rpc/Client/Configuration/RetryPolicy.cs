using Grpc.Core;

namespace Grpc.Net.Client.Configuration;

/// <summary>How a failed call is tried again (gRFC A6). All of it must be set.</summary>
public sealed class RetryPolicy
{
    /// <summary>Attempts in all, the first among them; at least 2.</summary>
    public int? MaxAttempts { get; set; }

    /// <summary>The wait before the second attempt, give or take a fifth.</summary>
    public TimeSpan? InitialBackoff { get; set; }

    /// <summary>The longest wait between attempts, give or take a fifth.</summary>
    public TimeSpan? MaxBackoff { get; set; }

    /// <summary>What each wait is multiplied by to give the next.</summary>
    public double? BackoffMultiplier { get; set; }

    /// <summary>The statuses that are worth another attempt.</summary>
    public IList<StatusCode> RetryableStatusCodes { get; } = [];
}
