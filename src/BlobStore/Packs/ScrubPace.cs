namespace BuildFarm.BlobStore.Packs;

/// <summary>Holds a verification back to so many bytes a second; it sleeps once what it has read is worth a twentieth of a second.</summary>
/// <param name="bytesPerSecond">0 holds nothing back.</param>
/// <param name="time">The clock.</param>
public sealed class ScrubPace(long bytesPerSecond, TimeProvider time)
{
    // A blob costs a look at the disk, however small it is.
    private const long LeastBytes = 4096;

    private long _unpaid;

    /// <summary>Waits for what has been read.</summary>
    public async ValueTask PayAsync(long bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _unpaid += Math.Max(bytes, LeastBytes);
        if (bytesPerSecond > 0 && _unpaid > bytesPerSecond / 20)
        {
            var owed = TimeSpan.FromSeconds(_unpaid / (double)bytesPerSecond);
            _unpaid = 0;
            await Task.Delay(owed, time, cancellationToken);
        }
    }
}
