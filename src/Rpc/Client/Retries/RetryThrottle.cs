using Grpc.Net.Client.Configuration;

namespace Grpc.Net.Client.Retries;

/// <summary>The token bucket of <see cref="RetryThrottlingPolicy"/>. Thread-safe.</summary>
internal sealed class RetryThrottle
{
    private readonly Lock _lock = new();
    private readonly double _max;
    private readonly double _ratio;
    private double _tokens;

    public RetryThrottle(RetryThrottlingPolicy policy)
    {
        if (policy.MaxTokens is not (>= 1 and <= 1000) || policy.TokenRatio is not > 0)
        {
            throw new ArgumentException("RetryThrottlingPolicy needs MaxTokens from 1 to 1000 and a TokenRatio above zero.", nameof(policy));
        }

        _max = policy.MaxTokens.Value;
        _ratio = policy.TokenRatio.Value;
        _tokens = _max;
    }

    /// <summary>Whether retries are allowed now.</summary>
    public bool AllowsRetry
    {
        get
        {
            lock (_lock)
            {
                return _tokens > _max / 2;
            }
        }
    }

    public void OnSuccess()
    {
        lock (_lock)
        {
            _tokens = Math.Min(_max, _tokens + _ratio);
        }
    }

    public void OnFailure()
    {
        lock (_lock)
        {
            _tokens = Math.Max(0, _tokens - 1);
        }
    }
}
