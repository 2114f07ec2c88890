namespace BuildFarm.TestKit;

/// <summary>Waits for what happens behind and tells nobody.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Asks again and again until the answer is yes.</summary>
    /// <param name="condition">What is asked; its token is cancelled when there is no time left.</param>
    /// <param name="cancellationToken">The test's.</param>
    /// <param name="what">Says what has not come true, for people.</param>
    /// <exception cref="TimeoutException">It has not come true in time.</exception>
    public static async Task IsTrueAsync(Func<CancellationToken, ValueTask<bool>> condition, CancellationToken cancellationToken, Func<string>? what = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        using var guard = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        guard.CancelAfter(Patience);
        try
        {
            while (!await condition(guard.Token).AsTask().WaitAsync(guard.Token))
            {
                await Task.Delay(10, guard.Token);
            }
        }
        catch (Exception e) when (guard.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{what?.Invoke() ?? "It has not come true"}, after {Patience}.", e);
        }
    }

    /// <inheritdoc cref="IsTrueAsync(Func{CancellationToken, ValueTask{bool}}, CancellationToken, Func{string})" />
    public static Task IsTrueAsync(Func<bool> condition, CancellationToken cancellationToken, Func<string>? what = null) =>
        IsTrueAsync(_ => ValueTask.FromResult(condition()), cancellationToken, what);
}
