using System.Globalization;

namespace Grpc.Net.Client.Retries;

/// <summary>Decides, after each failed attempt of one call, whether and when to try again.</summary>
internal struct RetryState
{
    private int _failuresSincePushback;
    private int _connectFailures;
    private bool _transparentUsed;

    /// <summary>Attempts that a server may have seen and answered, for <c>grpc-previous-rpc-attempts</c>.</summary>
    public int Attempts { get; private set; }

    /// <summary>The wait before the next attempt, or null when the call ends with <paramref name="failure"/>.</summary>
    public TimeSpan? Next(in AttemptFailure failure, RetryRules? rules, RetryThrottle? throttle, Backoff reconnect, bool waitForReady, bool canReplay)
    {
        if (!canReplay)
        {
            return null;
        }

        if (failure.NeverProcessed && !_transparentUsed)
        {
            _transparentUsed = true;
            return TimeSpan.Zero;
        }

        if (failure.NeverConnected && waitForReady)
        {
            return reconnect.DelayAfter(++_connectFailures);
        }

        Attempts++;
        if (rules is null)
        {
            return null;
        }

        var retryable = rules.IsRetryable(failure.Status.StatusCode);
        if (retryable || failure.Pushback is not null)
        {
            throttle?.OnFailure();
        }

        if (!retryable || Attempts >= rules.MaxAttempts || throttle?.AllowsRetry == false)
        {
            return null;
        }

        if (failure.Pushback is { } pushback)
        {
            _failuresSincePushback = 0;
            return int.TryParse(pushback, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
                ? TimeSpan.FromMilliseconds(milliseconds)
                : null;
        }

        return rules.DelayAfter(++_failuresSincePushback);
    }
}
