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

    /// <summary>Runs to the end of the stream, or until cancelled; what came until then is in the spool either way.</summary>
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
            while (true)
            {
                // Everything that is there now goes in one piece; nothing waits for more.
                var read = Fill(pipe, buffer, out var ended);
                if (read > 0)
                {
                    var told = mask?.Pass(buffer.AsSpan(0, read)) ?? buffer.AsMemory(0, read);
                    var kept = told[..budget.Take(told.Length)];
                    var offset = spool.Length;
                    spool.Append(kept.Span);
                    if (!kept.IsEmpty && live)
                        live = await TryAppendAsync(streamName, offset, kept, finish: false, cancellationToken);
                }

                if (ended)
                    break;
                if (read == 0)
                    await pipe.WaitAsync(cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var lost = new IOException($"what the task writes cannot be kept: {e.Message}", e);
            budget.Fail(lost);
            throw lost;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Something outlives the task and holds its stream; what it wrote until now is the log.
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
                await TryAppendAsync(streamName, offset, end, finish: true, CancellationToken.None);
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

    private async ValueTask<bool> TryAppendAsync(
        string streamName, long offset, ReadOnlyMemory<byte> bytes, bool finish, CancellationToken cancellationToken)
    {
        try
        {
            await store.AppendAsync(streamName, offset, bytes, finish, cancellationToken);
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
