using BuildFarm.BlobStore.Disk;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Keys;

/// <summary>
/// Keys that clients make up (ccache's, for one), each naming a blob. A keyspace is apart from every other and from action
/// results: what a client says under a key is believed by those alone who ask for that key.
/// </summary>
public sealed class DiskKeyStore : IAsyncDisposable
{
    private readonly RecordFiles _records;
    private readonly TimeProvider _time;

    private DiskKeyStore(RecordFiles records, TimeProvider time) => (_records, _time) = (records, time);

    /// <summary>Opens the keys in <paramref name="directory"/>, which outlives them.</summary>
    /// <param name="directory">Of the blobs, too.</param>
    /// <param name="maxBytes">Space for keys, each counted as a block of 4 KiB; what they name is the blob store's.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For the folder.</param>
    public static DiskKeyStore Open(StoreDirectory directory, long maxBytes, TimeProvider time, ILogger<DiskKeyStore> logger) =>
        new(RecordFiles.Open(directory, new LruFilesOptions { Name = "keys", MaxBytes = maxBytes }, sync: false, time, logger), time);

    /// <summary>What the key names; null when nothing. The blob may be gone.</summary>
    public async ValueTask<Digest?> FindAsync(string keyspace, string key, CancellationToken cancellationToken)
    {
        if (await _records.ReadAsync(NameOf(keyspace, key), cancellationToken) is not { } content)
        {
            return null;
        }

        try
        {
            var stored = StoredKey.Parser.ParseFrom(content);
            var isOfKey = string.Equals(stored.Keyspace, keyspace, StringComparison.Ordinal) && string.Equals(stored.Key, key, StringComparison.Ordinal);
            return isOfKey ? stored.Blob.ToDigest("blob") : null;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or DigestFormatException)
        {
            return null;
        }
    }

    /// <summary>Stores or replaces.</summary>
    /// <exception cref="BlobStoreFullException">The disk is full.</exception>
    public ValueTask PutAsync(string keyspace, string key, Digest blob, string producer, CancellationToken cancellationToken) =>
        _records.PutAsync(
            NameOf(keyspace, key),
            new StoredKey
            {
                Keyspace = keyspace,
                Key = key,
                Blob = blob.ToProto(),
                Producer = producer,
                StoredAt = Timestamp.FromDateTimeOffset(_time.GetUtcNow()),
            },
            cancellationToken);

    /// <summary>Forgets the key; the blob stays until it is evicted.</summary>
    public ValueTask RemoveAsync(string keyspace, string key) => _records.RemoveAsync(NameOf(keyspace, key));

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _records.DisposeAsync();

    private static string NameOf(string keyspace, string key) => RecordFiles.NameOf(keyspace, key);
}
