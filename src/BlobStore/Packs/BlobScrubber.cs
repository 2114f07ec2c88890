using System.Globalization;
using BuildFarm.BlobStore.Disk;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Packs;

/// <summary>
/// Verifies what lies on the disk and nobody reads: part by part, each once in a period, no faster than a rate. Where it is it writes beside the
/// store, so that a process that restarts often does not verify the same blobs again and again.
/// </summary>
/// <param name="store">What is verified.</param>
/// <param name="directory">Holds the store.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears of each round.</param>
public sealed partial class BlobScrubber(PackingBlobStore store, StoreDirectory directory, TimeProvider time, ILogger<BlobScrubber> logger)
{
    private readonly string _mark = Path.Combine(directory.Root, "verified");
    private long _blobs;
    private long _bytes;

    /// <summary>Blobs read since the start.</summary>
    public long Blobs => Volatile.Read(ref _blobs);

    /// <summary>Bytes read since the start.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>When the background's present round began.</summary>
    public DateTimeOffset? RoundBeganAt { get; private set; }

    /// <summary>When its last one ended.</summary>
    public DateTimeOffset? RoundEndedAt { get; private set; }

    /// <summary>Verifies everything once, at once; tells how far it is after every part.</summary>
    public async IAsyncEnumerable<(int Done, int Parts, ScrubCount Count)> RunAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var parts = store.ScrubParts();
        var pace = new ScrubPace(0, time);
        var count = default(ScrubCount);
        for (var i = 0; i < parts.Count; i++)
        {
            count += await ScrubAsync(parts[i], pace, cancellationToken);
            yield return (i + 1, parts.Count, count);
        }
    }

    /// <summary>Goes on for ever: a round in each period.</summary>
    /// <param name="period">A blob is verified once in it.</param>
    /// <param name="bytesPerSecond">No faster than this.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunInBackgroundAsync(TimeSpan period, long bytesPerSecond, CancellationToken cancellationToken)
    {
        var (began, last) = ReadMark();
        while (true)
        {
            RoundBeganAt = began;
            var pace = new ScrubPace(bytesPerSecond, time);
            var count = default(ScrubCount);
            foreach (var part in store.ScrubParts().Where(part => string.CompareOrdinal(part, last) > 0))
            {
                count += await ScrubAsync(part, pace, cancellationToken);
                WriteMark(began, part);
            }

            RoundEndedAt = time.GetUtcNow();
            LogRound(directory.Root, count.Blobs, count.Bytes, count.Corrupt);
            // Behind every name there is: a restart before the next round has nothing to do.
            WriteMark(began, "~");
            var rest = began + period - time.GetUtcNow();
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, time, cancellationToken);
            }

            (began, last) = (time.GetUtcNow(), "");
        }
    }

    private async ValueTask<ScrubCount> ScrubAsync(string part, ScrubPace pace, CancellationToken cancellationToken)
    {
        var count = await store.ScrubAsync(part, pace, cancellationToken);
        Interlocked.Add(ref _blobs, count.Blobs);
        Interlocked.Add(ref _bytes, count.Bytes);
        return count;
    }

    private (DateTimeOffset Began, string Last) ReadMark()
    {
        try
        {
            var lines = File.ReadAllLines(_mark);
            if (lines.Length == 2 && DateTimeOffset.TryParse(lines[0], CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var began) && began <= time.GetUtcNow())
            {
                return (began, lines[1]);
            }
        }
        catch (IOException)
        {
            // None yet.
        }

        return (time.GetUtcNow(), "");
    }

    private void WriteMark(DateTimeOffset began, string last)
    {
        try
        {
            File.WriteAllText(_mark, string.Create(CultureInfo.InvariantCulture, $"{began:O}\n{last}\n"));
        }
        catch (IOException)
        {
            // A full disk: a restart then begins where the mark is.
        }
    }

    [LoggerMessage(EventId = 241, Level = LogLevel.Information, Message = "the blobs of {Root} were verified: {Blobs} blobs, {Bytes} bytes, {Corrupt} did not match and were dropped")]
    private partial void LogRound(string root, long blobs, long bytes, long corrupt);
}
