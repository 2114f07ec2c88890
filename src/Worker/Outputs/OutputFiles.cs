using BuildFarm.BlobStore;
using BuildFarm.Worker.Native;
using Microsoft.Win32.SafeHandles;
using Digest = BuildFarm.Digests.Digest;
using DigestFunction = BuildFarm.Digests.DigestFunction;

namespace BuildFarm.Worker.Outputs;

/// <summary>
/// Stores the output files of a task, several at a time: each waits for the cache, and the next is read meanwhile. Once one cannot be stored, no other begins.
/// </summary>
internal sealed class OutputFiles(IFileBlobStore store, DigestFunction function, CancellationToken cancellationToken) : IAsyncDisposable
{
    private const int AtOnce = 128;

    private readonly SemaphoreSlim _room = new(AtOnce);
    private volatile Task<Digest>? _failed;

    /// <summary>The function of the digests.</summary>
    public DigestFunction Function => function;

    /// <summary>Opens a file of a folder and begins to store it, when there is room; no link is followed.</summary>
    /// <returns>Ends with its digest when others can read it.</returns>
    public async ValueTask<Task<Digest>> BeginAsync(DirectoryHandle folder, ReadOnlyMemory<byte> name, string path)
    {
        await _room.WaitAsync(cancellationToken);
        SafeFileHandle file;
        try
        {
            if (_failed is { } failed)
                await failed;
            file = folder.TryOpenBeneath(name.Span, Libc.OpenReadOnly | Libc.OpenNonBlocking, out var error)
                ?? throw LinuxError.Of(error, $"open output {path}");
        }
        catch
        {
            _room.Release();
            throw;
        }

        return AddAsync(file);
    }

    /// <summary>Waits for what has begun; nothing is read after this.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < AtOnce; i++)
            await _room.WaitAsync(CancellationToken.None);
        _room.Dispose();
    }

    private async Task<Digest> AddAsync(SafeFileHandle file)
    {
        using (file)
        {
            try
            {
                return await store.AddFileAsync(file, function, cancellationToken);
            }
            catch (Exception e)
            {
                _failed ??= Task.FromException<Digest>(e);
                throw;
            }
            finally
            {
                _room.Release();
            }
        }
    }
}
