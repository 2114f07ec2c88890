using System.Buffers;
using System.Text;
using BuildFarm.BlobStore.Logs;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Processes;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Worker.Logs;

/// <summary>
/// Moves one stream of a task to the log store as it comes, and keeps it for the ActionResult. A log store that takes bytes
/// slowly slows the task down, which is what its pipe is for; one that fails loses the live view alone. What is kept of it holds no value of the
/// task's secrets.
/// </summary>
internal sealed partial class LogCapture(ILogStore store, LogBudget budget, IReadOnlyList<TaskSecret> secrets, ILogger logger)
{
    private const int ChunkBytes = 64 * 1024;

    // More than any pipe holds: whatever was written before a reader is told to stop is within it.
    private const int MostLeft = 1 << 20;

    /// <summary>Runs to the end of the stream, or until cancelled; what was written until then is in the spool either way.</summary>
    /// <param name="pipe">The stream.</param>
    /// <param name="streamName">Its name in the log store; empty for none.</param>
    /// <param name="spool">Keeps it.</param>
    /// <param name="trailer">What the worker itself has to say at the end; asked once, there.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="IOException">The spool cannot take it; the budget has failed too, which ends the task.</exception>
    public async Task RunAsync(IOutputStream pipe, string streamName, LogSpool spool, Func<string>? trailer, CancellationToken cancellationToken)
    {
        var live = streamName.Length > 0;
        var mask = SecretMask.Of(secrets);
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            for (var left = MostLeft; left > 0;)
            {
                var stops = cancellationToken.IsCancellationRequested;
                // Everything that is there now goes in one piece; nothing waits for more.
                var read = Fill(pipe, buffer, out var ended);
                if (read > 0)
                {
                    var told = mask?.Pass(buffer.AsSpan(0, read)) ?? buffer.AsMemory(0, read);
                    var kept = told[..budget.Take(told.Length)];
                    var offset = spool.Length;
                    spool.Append(kept.Span);
                    if (!kept.IsEmpty && live)
                        live = await TryAppendAsync(streamName, offset, kept, finish: false);
                }

                if (ended || (stops && read == 0))
                    break;
                // Something outlives the task and holds its stream; what it wrote until now is the log.
                left -= stops ? read : 0;
                if (read == 0)
                    await WaitAsync(pipe, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var lost = new IOException($"what the task writes cannot be kept: {e.Message}", e);
            budget.Fail(lost);
            throw lost;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            var end = Encoding.UTF8.GetBytes(trailer?.Invoke() ?? "");
            if (mask is not null)
                end = [.. mask.End().Span, .. mask.Whole(end)];
            var offset = spool.Length;
            spool.Append(end);
            if (live)
                await TryAppendAsync(streamName, offset, end, finish: true);
        }
    }

    private static async Task WaitAsync(IOutputStream pipe, CancellationToken cancellationToken)
    {
        try
        {
            await pipe.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What is there now is read all the same: it may have come while the worker stood still.
        }
    }

    private static int Fill(IOutputStream pipe, byte[] buffer, out bool ended)
    {
        var filled = 0;
        ended = false;
        while (filled < ChunkBytes)
        {
            var read = pipe.TryRead(buffer.AsSpan(filled, ChunkBytes - filled));
            ended = read == 0;
            if (read <= 0)
                break;
            filled += read;
        }

        return filled;
    }

    private async ValueTask<bool> TryAppendAsync(string streamName, long offset, ReadOnlyMemory<byte> bytes, bool finish)
    {
        try
        {
            await store.AppendAsync(streamName, offset, bytes, finish, CancellationToken.None);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogNotLive(streamName, e.Message);
            return false;
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "{StreamName} cannot be followed live any more, its log comes with the result: {Reason}")]
    private partial void LogNotLive(string streamName, string reason);
}
