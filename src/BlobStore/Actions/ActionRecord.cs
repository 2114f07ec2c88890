using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace BuildFarm.BlobStore.Actions;

/// <summary>What an action-cache entry is as a record (storage.proto).</summary>
internal static class ActionRecord
{
    private const long UnknownSize = -1;

    public static StoredActionEntry Of(in ActionKey key, ActionEntry entry) => new()
    {
        InstanceName = key.InstanceName,
        Environment = key.Environment,
        ActionDigest = DigestOf(key),
        Result = entry.Result,
        Kind = entry.Kind == EntryKind.Executed ? StoredEntryKind.Executed : StoredEntryKind.Asserted,
        Producer = entry.Producer,
        StoredAt = Timestamp.FromDateTimeOffset(entry.StoredAt),
        BlobsAreElsewhere = entry.BlobsAreElsewhere,
    };

    /// <summary>The entry; null when it is of another key, or none at all.</summary>
    public static ActionEntry? Read(in ActionKey key, ByteString content)
    {
        try
        {
            var stored = StoredActionEntry.Parser.ParseFrom(content);
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
        stored is { Result: not null, StoredAt: not null, ActionDigest: not null }
        && string.Equals(stored.InstanceName, key.InstanceName, StringComparison.Ordinal)
        && string.Equals(stored.Environment, key.Environment, StringComparison.Ordinal)
        && string.Equals(stored.ActionDigest.Hash, key.Action.HashHex, StringComparison.Ordinal)
        && (!key.SizeIsKnown || stored.ActionDigest.SizeBytes == UnknownSize || stored.ActionDigest.SizeBytes == key.Action.SizeBytes);

    private static Build.Bazel.Remote.Execution.V2.Digest DigestOf(in ActionKey key)
    {
        var digest = key.Action.ToProto();
        digest.SizeBytes = key.SizeIsKnown ? digest.SizeBytes : UnknownSize;
        return digest;
    }

    private static EntryKind? KindOf(StoredActionEntry stored) => stored.Kind switch
    {
        StoredEntryKind.Executed => EntryKind.Executed,
        StoredEntryKind.Asserted => EntryKind.Asserted,
        _ => null,
    };
}
