using System.Security.Cryptography;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace BuildFarm.BlobStore.Actions;

/// <summary>What an action-cache entry looks like on disk: a sealed record (storage.proto).</summary>
internal static class ActionEntryFile
{
    public static byte[] Write(in ActionKey key, ActionEntry entry)
    {
        var content = new StoredActionEntry
        {
            InstanceName = key.InstanceName,
            Environment = key.Environment,
            ActionDigest = key.Action.ToProto(),
            Result = entry.Result,
            Kind = entry.Kind == EntryKind.Executed ? StoredEntryKind.Executed : StoredEntryKind.Asserted,
            Producer = entry.Producer,
            StoredAt = Timestamp.FromDateTimeOffset(entry.StoredAt),
        }.ToByteArray();
        return new SealedRecord
        {
            Content = UnsafeByteOperations.UnsafeWrap(content),
            Sha256 = UnsafeByteOperations.UnsafeWrap(SHA256.HashData(content)),
        }.ToByteArray();
    }

    /// <summary>The entry; null when the bytes are torn, damaged, or of another key.</summary>
    public static ActionEntry? Read(in ActionKey key, ReadOnlySpan<byte> bytes)
    {
        try
        {
            var record = SealedRecord.Parser.ParseFrom(bytes);
            if (!SHA256.HashData(record.Content.Span).AsSpan().SequenceEqual(record.Sha256.Span))
            {
                return null;
            }

            var stored = StoredActionEntry.Parser.ParseFrom(record.Content);
            return IsOf(key, stored) && KindOf(stored) is { } kind
                ? new ActionEntry(stored.Result, kind, stored.Producer, stored.StoredAt.ToDateTimeOffset())
                : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static bool IsOf(in ActionKey key, StoredActionEntry stored) =>
        stored.Result is not null
        && stored.StoredAt is not null
        && string.Equals(stored.InstanceName, key.InstanceName, StringComparison.Ordinal)
        && string.Equals(stored.Environment, key.Environment, StringComparison.Ordinal)
        && key.Action.ToProto().Equals(stored.ActionDigest);

    private static EntryKind? KindOf(StoredActionEntry stored) => stored.Kind switch
    {
        StoredEntryKind.Executed => EntryKind.Executed,
        StoredEntryKind.Asserted => EntryKind.Asserted,
        _ => null,
    };
}
