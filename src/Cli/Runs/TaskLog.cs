using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Output;
using Google.Bytestream;
using Grpc.Core;

namespace BuildFarm.Cli.Runs;

/// <summary>Which of a task's two outputs.</summary>
public enum OutputStream
{
    /// <summary>Standard output.</summary>
    Out = 1,

    /// <summary>Standard error.</summary>
    Error = 2,
}

/// <summary>Reads what tasks wrote: live from the cache's log streams, or from the blobs of a result.</summary>
public sealed class TaskLog(FarmConnection farm, TimeProvider time)
{
    // More than head and tail of any sensible excerpt.
    private const int ExcerptBytes = 256 * 1024;

    /// <summary>
    /// Copies a log stream from <paramref name="offset"/> until it is finished, waiting for what has not been written
    /// yet; returns the offset reached, also when the connection ends early.
    /// </summary>
    /// <param name="streamName">Which.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="to">Gets the bytes.</param>
    /// <param name="gone">Told why when there is no more of it: it was evicted, or is silent; without it that is thrown.</param>
    /// <param name="silence">Ends the waiting for a stream that nobody finishes; null waits for ever.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="FarmException">The stream was finished and has been evicted since, or was silent for too long.</exception>
    public async Task<long> FollowAsync(
        string streamName, long offset, Stream to, Action<string>? gone, StreamSilence? silence, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence?.Over ?? CancellationToken.None);
        try
        {
            using var call = farm.Bytes.Read(new ReadRequest { ResourceName = streamName, ReadOffset = offset }, cancellationToken: ending.Token);
            silence?.Wait(true);
            while (await call.ResponseStream.MoveNext(ending.Token))
            {
                silence?.Wait(false);
                var data = call.ResponseStream.Current.Data;
                await to.WriteAsync(data.Memory, CancellationToken.None);
                await to.FlushAsync(CancellationToken.None);
                offset += data.Length;
                silence?.Wait(true);
            }
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            Lack(error.Status.Detail, gone, error);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException
            && silence is { Over.IsCancellationRequested: true } && !cancellationToken.IsCancellationRequested)
        {
            Lack($"nothing more came for {StreamSilence.Longest.TotalSeconds:0} s, and its end was never written", gone, error);
        }
        catch (RpcException)
        {
            // What is missing comes from the result, or from the next attempt to follow.
        }
        catch (OperationCanceledException)
        {
        }

        return offset;
    }

    private static void Lack(string reason, Action<string>? gone, Exception error)
    {
        if (gone is null)
        {
            throw FarmException.Infrastructure(reason, error);
        }

        gone(reason);
    }

    /// <summary>Bytes that a finished task wrote, from its result; 0 without one.</summary>
    public static long Length(ActionResult? result, OutputStream stream) =>
        result is null ? 0
        : stream == OutputStream.Out ? result.StdoutDigest?.SizeBytes ?? result.StdoutRaw.Length
        : result.StderrDigest?.SizeBytes ?? result.StderrRaw.Length;

    /// <summary>Copies the output of a finished task, from <paramref name="offset"/> and at most <paramref name="limit"/> bytes (0: all).</summary>
    /// <exception cref="RpcException">The cache no longer has it.</exception>
    public async Task CopyAsync(ActionResult result, OutputStream stream, long offset, long limit, Stream to, CancellationToken cancellationToken)
    {
        var raw = stream == OutputStream.Out ? result.StdoutRaw : result.StderrRaw;
        var digest = stream == OutputStream.Out ? result.StdoutDigest : result.StderrDigest;
        if (digest is null || raw.Length > 0)
        {
            var bytes = raw.Memory[(int)Math.Min(offset, raw.Length)..];
            await to.WriteAsync(limit > 0 && limit < bytes.Length ? bytes[..(int)limit] : bytes, cancellationToken);
            return;
        }

        if (digest.SizeBytes > offset)
        {
            var request = new ReadRequest { ResourceName = BlobNames.Read(digest), ReadOffset = offset, ReadLimit = limit };
            using var call = farm.Bytes.Read(request, cancellationToken: cancellationToken);
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
                await to.WriteAsync(call.ResponseStream.Current.Data.Memory, cancellationToken);
            }
        }
    }

    /// <summary>Beginning and end of what a finished task wrote, standard output before standard error.</summary>
    public Task<LogExcerpt> ExcerptAsync(FarmTask task, CancellationToken cancellationToken) =>
        ExcerptAsync(task, [OutputStream.Out, OutputStream.Error], cancellationToken);

    /// <summary>Beginning and end of the named outputs, one after the other.</summary>
    public async Task<LogExcerpt> ExcerptAsync(FarmTask task, OutputStream[] streams, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        // At once, so that two silent streams are waited for once.
        foreach (var output in await Task.WhenAll(streams.Select(stream => ReadEndsAsync(task, stream, cancellationToken))))
        {
            using (output)
            {
                output.WriteTo(buffer);
            }
        }

        buffer.Position = 0;
        using var text = new StreamReader(buffer);
        return LogExcerpt.Of(text);
    }

    /// <summary>What stands in place of an output that is gone.</summary>
    public static byte[] Unreadable(string reason) => System.Text.Encoding.UTF8.GetBytes($"[its output cannot be read: {reason}]\n");

    private async Task<MemoryStream> ReadEndsAsync(FarmTask task, OutputStream stream, CancellationToken cancellationToken)
    {
        var buffer = new MemoryStream();
        try
        {
            await AppendEndsAsync(task, stream, buffer, cancellationToken);
        }
        catch (Exception error) when (error is RpcException or FarmException)
        {
            if (buffer.Length > 0 && buffer.GetBuffer()[buffer.Length - 1] != '\n')
            {
                buffer.WriteByte((byte)'\n');
            }

            await buffer.WriteAsync(Unreadable(error is RpcException call ? call.Status.Detail : error.Message), cancellationToken);
        }

        return buffer;
    }

    private async Task AppendEndsAsync(FarmTask task, OutputStream stream, MemoryStream buffer, CancellationToken cancellationToken)
    {
        if (task.Result is not { } result)
        {
            // A task that was ended has no result; what it wrote is in the stream, which is finished by then.
            using var silence = new StreamSilence(time);
            silence.Count();
            var name = stream == OutputStream.Out ? task.StdoutStreamName : task.StderrStreamName;
            if (name.Length > 0)
            {
                await FollowAsync(name, 0, new BoundedStream(buffer, buffer.Length + (2 * ExcerptBytes)), gone: null, silence, cancellationToken);
            }

            return;
        }

        var length = Length(result, stream);
        if (length <= 2 * ExcerptBytes)
        {
            await CopyAsync(result, stream, 0, 0, buffer, cancellationToken);
            return;
        }

        await CopyAsync(result, stream, 0, ExcerptBytes, buffer, cancellationToken);
        await buffer.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"\n[… {Durations.Bytes(length - (2 * ExcerptBytes))} left out …]\n"), cancellationToken);
        await CopyAsync(result, stream, length - ExcerptBytes, 0, buffer, cancellationToken);
    }
}
