namespace Grpc.Net.Client.Retries;

/// <summary>The bytes that calls hold for retries: a limit for each call and one for the whole channel. Thread-safe.</summary>
internal sealed class RetryBudget(long? perCall, long? perChannel)
{
    private long _held;

    /// <summary>Takes what a call's buffer grows by; false when the call has to go on without a buffer.</summary>
    public bool TryGrow(long callTotal, long growth)
    {
        if (callTotal > (perCall ?? long.MaxValue))
        {
            return false;
        }

        if (Interlocked.Add(ref _held, growth) <= (perChannel ?? long.MaxValue))
        {
            return true;
        }

        Interlocked.Add(ref _held, -growth);
        return false;
    }

    public void Release(long amount) => Interlocked.Add(ref _held, -amount);
}
