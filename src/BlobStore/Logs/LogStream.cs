using BuildFarm.BlobStore.Disk;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Logs;

/// <summary>
/// One stream that somebody writes or waits for. Its file ends in <c>.part</c> while it grows and is renamed when it is
/// finished, so that its state survives a restart without a record of its own. The first byte makes the file; of a stream that ends without one
/// there is the name alone.
/// </summary>
/// <param name="name">The stream.</param>
/// <param name="path">Of its file when it is finished.</param>
/// <param name="empty">Makes that file when there is no byte.</param>
internal sealed class LogStream(string name, string path, EmptyFiles empty) : IDisposable
{
    /// <summary>Ending of the file of a stream that grows.</summary>
    public const string GrowingSuffix = ".part";

    private readonly Lock _lock = new();
    private SafeFileHandle? _file;
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _length;
    private bool _finished;
    private bool _looked;

    /// <summary>Calls that hold this object; under the store's lock.</summary>
    public int Users { get; set; }

    public string Name => name;

    /// <summary>Null while it has neither a byte nor an end.</summary>
    public LogStreamState? State
    {
        get
        {
            lock (_lock)
            {
                Look();
                return _file is null && !_finished ? null : new LogStreamState(_length, _finished);
            }
        }
    }

    /// <returns>The length, and whether this call finished the stream.</returns>
    public (long Length, bool FinishedNow) Append(long offset, ReadOnlySpan<byte> bytes, bool finish, long limit)
    {
        lock (_lock)
        {
            Look();
            if (offset > _length || offset < 0)
            {
                throw new LogOffsetException($"The log stream {name} has {_length} bytes; a write at {offset} would leave a hole. Write at {_length}.");
            }

            var known = (int)Math.Min(_length - offset, bytes.Length);
            var fresh = bytes[known..];
            if (_finished)
            {
                return fresh.IsEmpty
                    ? (_length, false)
                    : throw new LogOffsetException($"The log stream {name} was finished at {_length} bytes; nothing can be added.");
            }

            if (_length + fresh.Length > limit)
            {
                throw new LogStreamFullException(name, limit);
            }

            if (!fresh.IsEmpty)
            {
                Write(fresh);
            }

            if (finish)
            {
                Finish();
            }

            Signal();
            return (_length, finish);
        }
    }

    /// <summary>Reads what is there; the task, when there is one, completes when more may be.</summary>
    public (int Read, Task? More) Read(long offset, Span<byte> buffer)
    {
        lock (_lock)
        {
            Look();
            if (offset < _length)
            {
                var count = (int)Math.Min(buffer.Length, _length - offset);
                return (RandomAccess.Read(_file!, buffer[..count], offset), null);
            }

            return (0, _finished || buffer.IsEmpty ? null : _grown.Task);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _file?.Dispose();
            _file = null;
            _looked = false;
        }
    }

    private void Look()
    {
        if (_looked)
        {
            return;
        }

        _looked = true;
        _file = NativeFile.TryOpen(path);
        _finished = _file is not null;
        if (_file is null && File.Exists(path + GrowingSuffix))
        {
            _file = OpenGrowing();
        }

        _length = _file is null ? 0 : RandomAccess.GetLength(_file);
    }

    private void Write(ReadOnlySpan<byte> fresh)
    {
        if (_file is null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            _file = OpenGrowing();
        }

        try
        {
            RandomAccess.Write(_file, fresh, _length);
        }
        catch (IOException e) when (NativeFile.IsDiskFull(e))
        {
            throw new BlobStoreFullException($"The disk is full; the log stream {name} stops at {_length} bytes for now. Free some space.", e);
        }

        _length += fresh.Length;
    }

    private SafeFileHandle OpenGrowing() =>
        File.OpenHandle(path + GrowingSuffix, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    private void Finish()
    {
        try
        {
            if (_file is null)
            {
                empty.Create(path);
            }
            else
            {
                File.Move(path + GrowingSuffix, path, overwrite: true);
            }
        }
        catch (IOException e) when (NativeFile.IsDiskFull(e))
        {
            throw new BlobStoreFullException($"The disk is full; the log stream {name} has not ended. Free some space.", e);
        }

        _finished = true;
    }

    private void Signal()
    {
        var grown = _grown;
        _grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        grown.SetResult();
    }
}
