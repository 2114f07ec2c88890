using System.Collections.Frozen;
using Grpc.Core;
using Grpc.Net.Client.Configuration;

namespace Grpc.Net.Client.Retries;

/// <summary>A checked copy of a <see cref="RetryPolicy"/>.</summary>
internal sealed class RetryRules
{
    private readonly FrozenSet<StatusCode> _retryable;
    private readonly Backoff _backoff;

    public RetryRules(RetryPolicy policy, GrpcChannelOptions options)
    {
        if (policy.MaxAttempts is not >= 2)
        {
            throw new ArgumentException("RetryPolicy.MaxAttempts must be 2 or more.", nameof(policy));
        }

        if (policy.InitialBackoff is not { } initial || initial <= TimeSpan.Zero
            || policy.MaxBackoff is not { } max || max <= TimeSpan.Zero
            || policy.BackoffMultiplier is not { } multiplier || multiplier <= 0)
        {
            throw new ArgumentException("RetryPolicy needs InitialBackoff, MaxBackoff and BackoffMultiplier, each above zero.", nameof(policy));
        }

        if (policy.RetryableStatusCodes.Count == 0)
        {
            throw new ArgumentException("RetryPolicy.RetryableStatusCodes must name at least one status.", nameof(policy));
        }

        MaxAttempts = Math.Min(policy.MaxAttempts.Value, options.MaxRetryAttempts ?? int.MaxValue);
        _retryable = policy.RetryableStatusCodes.ToFrozenSet();
        _backoff = new Backoff(initial, max, multiplier, options.Randomness);
    }

    public int MaxAttempts { get; }

    public bool IsRetryable(StatusCode code) => _retryable.Contains(code);

    /// <summary>The wait after the <paramref name="failures"/>th failure in a row, from 1.</summary>
    public TimeSpan DelayAfter(int failures) => _backoff.DelayAfter(failures);
}
