using System.Buffers;
using BuildFarm.Digests;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Disk;

/// <summary>Blobs as files of this machine.</summary>
public sealed partial class DiskBlobStore
{
    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Digest>> FetchAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) =>
        FindMissingAsync(digests, cancellationToken);

    /// <inheritdoc />
    public async ValueTask<bool> TryLinkAsync(Digest digest, bool executable, string path, CancellationToken cancellationToken)
    {
        if (digest.IsEmptyBlob)
        {
            await EnsureEmptyFileAsync(digest, cancellationToken);
        }

        var name = BlobFileName.Of(digest, executable);
        if (!await TouchIfFileAsync(name, digest) && !(executable && await MakeExecutableTwinAsync(digest, cancellationToken)))
        {
            return false;
        }

        if (MustVerify(name) && !await VerifyFileAsync(name, digest, cancellationToken))
        {
            await _files.RemoveAsync(name);
            // The twin may be damaged where the blob is whole, so the next call makes a new one.
            return executable && await TryLinkAsync(digest, executable, path, cancellationToken);
        }

        return LinkOrCopy(digest, name, path, executable);
    }

    /// <summary>Makes a file of a blob whose content has been compared with its digest: the blob itself, or its executable twin alone.</summary>
    /// <exception cref="BlobStoreFullException">There is no room.</exception>
    internal async ValueTask AddVerifiedAsync(Digest digest, bool executable, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var room = await _files.ReserveAsync(digest.SizeBytes, cancellationToken);
        try
        {
            using var file = NewFile(digest, executable ? TemporaryFile.ExecutableMode : TemporaryFile.DataMode);
            RandomAccess.Write(file.Handle, content.Span, 0);
            await PublishAsync(digest, executable, file, room);
        }
        catch (IOException e) when (NativeFile.IsDiskFull(e))
        {
            throw DiskFull(digest, e);
        }
    }

    private bool LinkOrCopy(Digest digest, string name, string path, bool executable)
    {
        var existing = _files.PathOf(name);
        try
        {
            if (NativeFile.TryLink(existing, path))
            {
                return true;
            }
        }
        catch (FileNotFoundException) when (!File.Exists(existing))
        {
            // Evicted since we looked.
            return false;
        }

        using var source = _files.TryOpen(name, digest.SizeBytes, out _);
        if (source is null)
        {
            return false;
        }

        using var destination = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        try
        {
            Copy(source, destination, digest.SizeBytes);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(destination, executable ? TemporaryFile.ExecutableMode : TemporaryFile.DataMode);
            }

            return true;
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private async ValueTask<bool> MakeExecutableTwinAsync(Digest digest, CancellationToken cancellationToken)
    {
        var name = BlobFileName.Of(digest);
        if (!await TouchIfFileAsync(name, digest))
        {
            return false;
        }

        if (MustVerify(name) && !await VerifyFileAsync(name, digest, cancellationToken))
        {
            await DropCorruptAsync(digest);
            return false;
        }

        using var room = await _files.ReserveAsync(digest.SizeBytes, cancellationToken);
        try
        {
            using var source = _files.TryOpen(name, digest.SizeBytes, out _);
            if (source is null)
            {
                return false;
            }

            using var twin = NewFile(digest, TemporaryFile.ExecutableMode);
            Copy(source, twin.Handle, digest.SizeBytes);
            await PublishAsync(digest, executable: true, twin, room);
            return true;
        }
        catch (IOException e) when (NativeFile.IsDiskFull(e))
        {
            throw DiskFull(digest, e);
        }
    }

    private async ValueTask<bool> VerifyFileAsync(string name, Digest digest, CancellationToken cancellationToken)
    {
        if (digest.SizeBytes > VerifyWholeUpTo)
        {
            return await _verifier.VerifyBeside(name, digest, _files.PathOf(name)).WaitAsync(cancellationToken);
        }

        using var file = _files.TryOpen(name, digest.SizeBytes, out _);
        return file is not null && _verifier.VerifyNow(name, digest, file);
    }

    // Here the empty blob is a file like any other.
    private async ValueTask<bool> TouchIfFileAsync(string name, Digest digest)
    {
        bool present;
        bool use;
        lock (_files.LockOf(name))
        {
            present = _files.IsPresent(name, digest.SizeBytes);
            use = present && _files.Touch(name);
        }

        if (use)
        {
            await _files.UsedAsync(name);
        }

        return present;
    }

    private async ValueTask EnsureEmptyFileAsync(Digest empty, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_files.IsPresent(BlobFileName.Of(empty), 0))
        {
            using var file = NewFile(empty, TemporaryFile.DataMode);
            await PublishAsync(empty, executable: false, file, room: null);
        }
    }

    private static void Copy(SafeFileHandle source, SafeFileHandle destination, long length)
    {
        if (NativeFile.TryCopyRange(source, destination, length))
        {
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            for (long offset = 0; offset < length;)
            {
                var read = RandomAccess.Read(source, buffer, offset);
                if (read == 0)
                {
                    throw new IOException($"A file of {length} bytes ended at {offset} while it was copied.");
                }

                RandomAccess.Write(destination, buffer.AsSpan(0, read), offset);
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
