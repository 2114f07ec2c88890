using System.Buffers.Binary;
using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>
/// The standard streams of a container over the one connection that its attach call became. What comes is in frames: the
/// stream's number, three zero bytes, the length as a big-endian number of 32 bits, and so many bytes.
/// </summary>
/// <remarks>
/// Bytes are read from the socket to where the reader of their stream finds them. Each stream holds a bounded number; then nothing
/// more is read, of the other either, until somebody takes them, and the container has to wait.
/// </remarks>
internal sealed class AttachedStreams : IAsyncDisposable
{
    private const int HeaderBytes = 8;
    private const int ChunkBytes = 64 * 1024;
    private const byte OutputStream = 1;
    private const byte ErrorStream = 2;

    // Docker writes frames of up to 32 KiB; a length beyond this is no frame.
    private const uint MaxFrameBytes = 64 << 20;

    private readonly HttpResponseMessage _response;
    private readonly Stream _connection;
    private readonly AttachedStream _output = new();
    private readonly AttachedStream _error = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;

    /// <param name="response">The answer that the connection belongs to; owned.</param>
    /// <param name="connection">Both directions; owned.</param>
    public AttachedStreams(HttpResponseMessage response, Stream connection)
    {
        _response = response;
        _connection = connection;
        _reading = Task.Run(ReadFramesAsync);
    }

    public IOutputStream StandardOutput => _output;

    public IOutputStream StandardError => _error;

    /// <summary>True when the connection broke, or what came over it was no frame: the daemon is gone, or not what it should be.</summary>
    public bool IsBroken => _output.IsBroken;

    /// <summary>Ends with the container's streams.</summary>
    public Task Ended => _reading;

    /// <summary>Writes to standard input.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _connection.WriteAsync(bytes, cancellationToken);
        await _connection.FlushAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _connection.DisposeAsync();
        await _reading;
        _response.Dispose();
        _stop.Dispose();
    }

    private async Task ReadFramesAsync()
    {
        IOException? broken = null;
        try
        {
            var header = new byte[HeaderBytes];
            while (await ReadHeaderAsync(header))
                await ReadPayloadAsync(StreamOf(header), BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4)));
        }
        catch (OperationCanceledException)
        {
            // Nobody wants the rest.
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or HttpRequestException)
        {
            broken = _stop.IsCancellationRequested ? null : new IOException($"the Docker daemon's stream of a container broke off: {e.Message}", e);
        }

        _output.End(broken);
        _error.End(broken);
    }

    /// <summary>False at the end, which is between two frames.</summary>
    private async ValueTask<bool> ReadHeaderAsync(byte[] header)
    {
        var read = await _connection.ReadAtLeastAsync(header, HeaderBytes, throwOnEndOfStream: false, _stop.Token);
        return read switch
        {
            0 => false,
            HeaderBytes => true,
            _ => throw new EndOfStreamException("it ends within the head of a frame"),
        };
    }

    private AttachedStream StreamOf(ReadOnlySpan<byte> header)
    {
        if ((header[1] | header[2] | header[3]) != 0 || BinaryPrimitives.ReadUInt32BigEndian(header[4..]) > MaxFrameBytes)
            throw new IOException($"{Convert.ToHexStringLower(header)} is no head of a frame");
        return header[0] switch
        {
            OutputStream => _output,
            ErrorStream => _error,
            var other => throw new IOException($"there is no stream {other}"),
        };
    }

    private async ValueTask ReadPayloadAsync(AttachedStream stream, uint length)
    {
        for (var left = (int)length; left > 0;)
        {
            var room = stream.Writer.GetMemory(Math.Min(left, ChunkBytes));
            var read = await _connection.ReadAsync(room[..Math.Min(left, room.Length)], _stop.Token);
            if (read == 0)
                throw new EndOfStreamException("it ends within a frame");
            stream.Writer.Advance(read);
            left -= read;
            await stream.Writer.FlushAsync(_stop.Token);
        }
    }
}
