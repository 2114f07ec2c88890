using BuildFarm.Digests;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore;

/// <summary>A blob store whose blobs are files of this machine, so that inputs need no copy.</summary>
public interface IFileBlobStore : IBlobStore
{
    /// <summary>
    /// Brings blobs to this machine, several at a time, so that the links to them that follow wait for no network. Nothing is brought when one is
    /// missing.
    /// </summary>
    /// <returns>Those that the store does not have.</returns>
    ValueTask<IReadOnlyList<Digest>> FetchAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a name for the blob's own file at <paramref name="path"/> (a hard link; a copy where the file system refuses
    /// more links). The file must only be reached through a read-only mount or as the lower layer of an overlay.
    /// </summary>
    /// <returns>False when the store does not have the blob.</returns>
    ValueTask<bool> TryLinkAsync(Digest digest, bool executable, string path, CancellationToken cancellationToken);

    /// <summary>Stores the content of an open file, reading it once, and returns its digest of that function.</summary>
    ValueTask<Digest> AddFileAsync(SafeFileHandle file, DigestFunction function, CancellationToken cancellationToken);
}
