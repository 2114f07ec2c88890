using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using BuildFarm.V1;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Disk;

/// <summary>
/// Small records as files, each sealed against tearing and damage and replaced in one step. The name is a hash of the whole key,
/// so that nothing a client sends becomes a path. The least recently used go when the limit is reached.
/// </summary>
internal sealed class RecordFiles : IAsyncDisposable
{
    /// <summary>Larger ones are no records but attacks; messages on the wire are bounded by less.</summary>
    private const long LargestBytes = 16 << 20;
    private const int LikelyKeyBytes = 256;
    private const int LongestNumber = 10;

    private readonly StoreDirectory _directory;
    private readonly bool _sync;
    private readonly LruFiles _files;

    private RecordFiles(StoreDirectory directory, bool sync, LruFiles files) => (_directory, _sync, _files) = (directory, sync, files);

    /// <param name="directory">Outlives the records.</param>
    /// <param name="options">Their folder and its limit.</param>
    /// <param name="sync">Forces each record to the disk.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For the folder.</param>
    public static RecordFiles Open(StoreDirectory directory, LruFilesOptions options, bool sync, TimeProvider time, ILogger logger) =>
        new(directory, sync, LruFiles.Open(directory, options, time, logger));

    /// <summary>The name of a key's record.</summary>
    public static string NameOf(params ReadOnlySpan<string> key)
    {
        // Lengths before the parts, so that no two keys spell the same text.
        var text = new ArrayBufferWriter<byte>(LikelyKeyBytes);
        foreach (var part in key)
        {
            Utf8.TryWrite(text.GetSpan(LongestNumber + 1), CultureInfo.InvariantCulture, $"{part.Length}:", out var written);
            text.Advance(written);
            Encoding.UTF8.GetBytes(part, text);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text.WrittenSpan, hash);
        Span<char> hex = stackalloc char[2 * SHA256.HashSizeInBytes];
        Convert.TryToHexStringLower(hash, hex, out _);
        return string.Concat(hex[..2], "/", hex);
    }

    /// <summary>Names of all records.</summary>
    public IEnumerable<string> Names() =>
        _files.Folders().SelectMany(folder => new DirectoryInfo(_files.PathOf(folder)).EnumerateFiles().Select(file => $"{folder}/{file.Name}"));

    /// <summary>What is in the record, whose use this is not; null when there is none that is whole.</summary>
    public ByteString? Peek(string name) => ReadBytes(name) is { } bytes ? Open(bytes) : null;

    /// <summary>Removes a record that still has that content.</summary>
    public ValueTask<bool> RemoveIfSameAsync(string name, ByteString content) => _files.RemoveIfAsync(name, () => Peek(name) == content);

    /// <summary>What is in the record; null when there is none, or it is torn or damaged and so goes.</summary>
    public async ValueTask<ByteString?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (ReadBytes(name) is not { } bytes)
        {
            return null;
        }

        if (Open(bytes) is not { } content)
        {
            await _files.RemoveAsync(name);
            return null;
        }

        if (_files.Touch(name))
        {
            await _files.UsedAsync(name);
        }

        return content;
    }

    /// <summary>Stores or replaces.</summary>
    /// <exception cref="BlobStoreFullException">The disk is full.</exception>
    public async ValueTask PutAsync(string name, IMessage content, CancellationToken cancellationToken) =>
        await PutUnlessAsync(name, content, stays: null, cancellationToken);

    /// <summary>Stores or replaces, unless there is a whole record for which this holds when the new one would get its name.</summary>
    /// <returns>Whether it was stored.</returns>
    /// <exception cref="BlobStoreFullException">The disk is full.</exception>
    public async ValueTask<bool> PutUnlessAsync(string name, IMessage content, Func<ByteString, bool>? stays, CancellationToken cancellationToken)
    {
        var path = _files.PathOf(name);
        var bytes = Seal(content);
        using var room = await _files.ReserveAsync(bytes.Length, cancellationToken);
        try
        {
            using var file = TemporaryFile.Create(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite, bytes.Length);
            await RandomAccess.WriteAsync(file.Handle, bytes, 0, cancellationToken);
            if (_sync)
            {
                RandomAccess.FlushToDisk(file.Handle);
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            lock (_files.LockOf(name))
            {
                if (stays is not null && Peek(name) is { } there && stays(there))
                {
                    return false;
                }

                _files.Touch(name);
                file.MoveTo(path);
            }
        }
        catch (IOException e) when (NativeFile.IsDiskFull(e))
        {
            throw new BlobStoreFullException($"The disk of {_directory.Root} is full; a record was not stored. Free some space.", e);
        }

        room.Dispose();
        await _files.AddedAsync(name, bytes.Length);
        return true;
    }

    /// <summary>Removes the record, when there is one.</summary>
    public ValueTask RemoveAsync(string name) => _files.RemoveAsync(name);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _files.DisposeAsync();

    private byte[]? ReadBytes(string name)
    {
        using var file = NativeFile.TryOpen(_files.PathOf(name));
        if (file is null)
        {
            return null;
        }

        var bytes = GC.AllocateUninitializedArray<byte>((int)Math.Min(RandomAccess.GetLength(file), LargestBytes));
        // Not asynchronous: that is a thread of the pool which does the same, and costs more than reading some hundred bytes.
        var read = RandomAccess.Read(file, bytes, 0);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>A record as bytes, with a seal that tells whether they are whole.</summary>
    internal static byte[] Seal(IMessage content)
    {
        var bytes = content.ToByteArray();
        return new SealedRecord
        {
            Content = UnsafeByteOperations.UnsafeWrap(bytes),
            Sha256 = UnsafeByteOperations.UnsafeWrap(SHA256.HashData(bytes)),
        }.ToByteArray();
    }

    /// <summary>What is in the record; null when it is torn or damaged.</summary>
    internal static ByteString? Open(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var record = SealedRecord.Parser.ParseFrom(bytes);
            return SHA256.HashData(record.Content.Span).AsSpan().SequenceEqual(record.Sha256.Span) ? record.Content : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
