using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Packs;
using BuildFarm.Digests;
using BuildFarm.V1;
using Google.Protobuf;

namespace BuildFarm.BlobStore.Actions;

/// <summary>
/// Drops the results on this machine's disk that can be no hit any more, because a blob of theirs is in no tier. A look counts as no use:
/// what a result needs grows no younger by it. What cannot be judged stays: a result that came from a front over several nodes, and one for which a
/// tier that may have the blob does not answer.
/// </summary>
/// <param name="results">On the disk.</param>
/// <param name="disk">The blobs beside them.</param>
/// <param name="all">Those of every tier; the same when there is no other.</param>
public sealed class ResultSweeper(DiskActionCache results, PackingBlobStore disk, IBlobStore all)
{
    private readonly SweptBlobs _blobs = new(disk, ReferenceEquals(all, disk) ? null : all);

    /// <summary>Looks at every result once.</summary>
    public async ValueTask<ResultSweep> RunAsync(CancellationToken cancellationToken)
    {
        long kept = 0, dropped = 0, unknown = 0;
        foreach (var name in results.Records.Names())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (results.Records.Peek(name) is not { } content)
            {
                // It went meanwhile, or is torn: then its next reader removes it.
                continue;
            }

            switch (await IsCompleteAsync(name, content, cancellationToken))
            {
                case true:
                    kept++;
                    break;
                case false when await results.Records.RemoveIfSameAsync(name, content):
                    dropped++;
                    break;
                case null:
                    unknown++;
                    break;
                default:
                    break;
            }
        }

        return new ResultSweep(kept, dropped, unknown);
    }

    /// <returns>Null when it cannot be told.</returns>
    private async ValueTask<bool?> IsCompleteAsync(string name, ByteString content, CancellationToken cancellationToken)
    {
        try
        {
            var stored = StoredActionEntry.Parser.ParseFrom(content);
            if (stored.BlobsAreElsewhere || FunctionOf(name, stored) is not { } function)
            {
                return null;
            }

            var missing = await ResultBlobs.FindMissingAsync(stored.Result, function, _blobs, cancellationToken);
            // A deletion must stay where a farther tier may have the result that was deleted.
            return missing.Count == 0 ? true : _blobs.HasMoreTiers && missing.Any(IsNever) ? null : false;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or DigestFormatException or InvalidDataException or CorruptBlobException)
        {
            return false;
        }
        catch (BlobStoreUnavailableException)
        {
            return null;
        }
    }

    // Several functions have hashes of one length; the record's name tells which it was.
    private static DigestFunction? FunctionOf(string name, StoredActionEntry stored) =>
        DigestFunction.All.Where(function => stored.ActionDigest?.Hash.Length == function.HashLength * 2)
            .FirstOrDefault(function => RecordFiles.NameOf(stored.InstanceName, stored.Environment, function.Name, stored.ActionDigest!.Hash) == name);

    private static bool IsNever(Digest digest) => digest is { HashStart: 0, HashNext: 0 };
}
