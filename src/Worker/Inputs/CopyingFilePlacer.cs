using System.Buffers;
using BuildFarm.BlobStore;
using BuildFarm.Digests;

namespace BuildFarm.Worker.Inputs;

/// <summary>Copies, for tasks that work in the tree itself: a hard link would let them change the store.</summary>
internal sealed class CopyingFilePlacer(IBlobStore store) : IFilePlacer
{
    private const int ChunkBytes = 256 * 1024;
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public async ValueTask<bool> TryPlaceAsync(Digest digest, bool executable, string path, CancellationToken cancellationToken)
    {
        await using var reader = await store.OpenAsync(digest, cancellationToken);
        if (reader is null)
            return false;
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        File.SetUnixFileMode(file, executable ? Executable : Plain);
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(reader.Length, 1, ChunkBytes));
        try
        {
            int read;
            for (long offset = 0; (read = await reader.ReadAsync(offset, buffer, cancellationToken)) > 0; offset += read)
                RandomAccess.Write(file, buffer.AsSpan(0, read), offset);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return true;
    }
}
