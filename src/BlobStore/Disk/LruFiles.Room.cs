namespace BuildFarm.BlobStore.Disk;

/// <summary>Room for what is being written.</summary>
internal sealed partial class LruFiles
{
    private long _reservedBytes;
    private long _announcedBytes;

    /// <summary>
    /// Sets room aside for a file, evicting others when there is not enough. Disposing the result gives it back: right before
    /// the file is counted, or when it did not come to be.
    /// </summary>
    /// <exception cref="BlobStoreFullException">What is there and what is being written leave no room.</exception>
    public ValueTask<Room> ReserveAsync(long sizeBytes, CancellationToken cancellationToken) =>
        ReserveSpaceAsync(sizeBytes, Occupied(sizeBytes), cancellationToken);

    /// <summary>As <see cref="ReserveAsync"/>, for what takes exactly so many bytes on the disk.</summary>
    public ValueTask<Room> ReserveSpaceAsync(long sizeBytes, long bytes, CancellationToken cancellationToken) =>
        AnnounceAsync(sizeBytes, bytes, bytes, cancellationToken);

    /// <summary>
    /// As <see cref="ReserveAsync"/> for a part of what somebody says will come; the rest is set aside as it does
    /// (<see cref="Room.GrowToAsync"/>), so that words alone take no more than that part from others.
    /// </summary>
    /// <exception cref="BlobStoreFullException">All that is announced cannot fit, or there is no room for the part.</exception>
    public ValueTask<Room> AnnounceAsync(long sizeBytes, long firstBytes, CancellationToken cancellationToken) =>
        AnnounceAsync(sizeBytes, Occupied(sizeBytes), Occupied(firstBytes), cancellationToken);

    private async ValueTask<Room> AnnounceAsync(long sizeBytes, long bytes, long firstBytes, CancellationToken cancellationToken)
    {
        if (bytes > _options.MaxBytes)
        {
            throw new BlobStoreFullException(
                $"{sizeBytes} bytes do not fit into {Root}, which may hold {_options.MaxBytes}. Raise its size limit.");
        }

        var room = new Room(this, bytes);
        try
        {
            if (Interlocked.Add(ref _announcedBytes, bytes) > _options.MaxBytes)
            {
                throw new BlobStoreFullException(
                    $"No room for {sizeBytes} bytes in {Root}: with what others write they are more than the {_options.MaxBytes} bytes that it may hold. "
                    + "Raise its size limit, or write less at a time.");
            }

            await room.ReserveAsync(firstBytes, cancellationToken);
            return room;
        }
        catch
        {
            room.Dispose();
            throw;
        }
    }

    private string LeaseText() =>
        _options.MinimumLifetime > TimeSpan.Zero ? $", for what was used in the last {_options.MinimumLifetime.TotalMinutes:0.#} min is held" : "";

    /// <summary>Room set aside for one file, which has one writer.</summary>
    /// <param name="files">Where.</param>
    /// <param name="announced">What it may become, in bytes on the disk.</param>
    internal sealed class Room(LruFiles files, long announced) : IDisposable
    {
        private long _announced = announced;
        private long _bytes;

        /// <summary>Sets room aside for a file of so many bytes in all, evicting others when there is not enough.</summary>
        /// <exception cref="BlobStoreFullException">There is none, and nothing may be evicted.</exception>
        public ValueTask GrowToAsync(long sizeBytes, CancellationToken cancellationToken) =>
            ReserveAsync(Occupied(sizeBytes) - Volatile.Read(ref _bytes), cancellationToken);

        public void Dispose()
        {
            Interlocked.Add(ref files._announcedBytes, -Interlocked.Exchange(ref _announced, 0));
            Interlocked.Add(ref files._reservedBytes, -Interlocked.Exchange(ref _bytes, 0));
        }

        internal async ValueTask ReserveAsync(long more, CancellationToken cancellationToken)
        {
            if (more <= 0)
            {
                return;
            }

            Interlocked.Add(ref _bytes, more);
            Interlocked.Add(ref files._reservedBytes, more);
            if (files.Overflow() <= 0)
            {
                return;
            }

            var evicted = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            await files._requests.Writer.WriteAsync(Request.MakeRoom(evicted), cancellationToken);
            if (!await evicted.Task.WaitAsync(cancellationToken))
            {
                // The caller gives up, and its room with it.
                throw new BlobStoreFullException(
                    $"No room for {more} bytes in {files.Root}: {files.ClaimedBytes} of {files._options.MaxBytes} bytes are in use and nothing "
                    + $"else may be evicted{files.LeaseText()}. Raise its size limit, or write less at a time.");
            }
        }
    }
}
