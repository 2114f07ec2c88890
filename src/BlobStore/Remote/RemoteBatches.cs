using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Digests.Trees;
using Google.Protobuf;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.BlobStore.Remote;

/// <summary>Many small blobs to and from a cache service by REAPI's batch calls. What is too large for one goes over ByteStream.</summary>
/// <param name="store">The same service, blob by blob.</param>
/// <param name="cas">Of a channel to it.</param>
/// <param name="instanceName">REAPI instance; empty for the default one.</param>
internal sealed class RemoteBatches(IBlobStore store, ContentAddressableStorage.ContentAddressableStorageClient cas, string instanceName)
{
    // With what names and frames them, both stay below the customary 4 MiB a message.
    private const long BytesPerCall = 3 << 20;
    private const int BlobsPerCall = 4_000;

    /// <inheritdoc cref="IBatchBlobStore.PutManyAsync"/>
    /// <exception cref="RpcException">The service does not answer, or refuses everything.</exception>
    public async ValueTask<BlobStoreException?[]> PutAsync(IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken)
    {
        var refusals = new BlobStoreException?[blobs.Count];
        for (var i = 0; i < refusals.Length; i++)
        {
            refusals[i] = blobs[i].Bytes.Length == blobs[i].Digest.SizeBytes ? null : new DigestMismatchException(blobs[i].Digest, $"{blobs[i].Bytes.Length} bytes");
        }

        foreach (var part in Parts(Enumerable.Range(0, blobs.Count).Where(i => refusals[i] is null), i => blobs[i].Digest))
        {
            if (part is [var only] && blobs[only].Digest.SizeBytes > BytesPerCall)
            {
                refusals[only] = (await BlobBatches.PutEachAsync(store, [blobs[only]], cancellationToken))[0];
                continue;
            }

            var request = new BatchUpdateBlobsRequest { InstanceName = instanceName, DigestFunction = blobs[part[0]].Digest.Function.ToProto() };
            request.Requests.AddRange(part.Select(i => new BatchUpdateBlobsRequest.Types.Request
            {
                Digest = blobs[i].Digest.ToProto(),
                Data = UnsafeByteOperations.UnsafeWrap(blobs[i].Bytes),
            }));
            var response = await cas.BatchUpdateBlobsAsync(request, cancellationToken: cancellationToken);
            Check(response.Responses.Count, part.Count);
            for (var i = 0; i < part.Count; i++)
            {
                refusals[part[i]] = RefusalOf(blobs[part[i]].Digest, response.Responses[i].Digest, response.Responses[i].Status);
            }
        }

        return refusals;
    }

    /// <inheritdoc cref="IBatchBlobStore.GetManyAsync"/>
    /// <exception cref="RpcException">The service does not answer, or refuses everything.</exception>
    public async ValueTask<BlobAnswer[]> GetAsync(IReadOnlyList<Digest> digests, CancellationToken cancellationToken)
    {
        var answers = new BlobAnswer[digests.Count];
        foreach (var part in Parts(Enumerable.Range(0, digests.Count), i => digests[i]))
        {
            if (part is [var only] && digests[only].SizeBytes > BytesPerCall)
            {
                answers[only] = (await BlobBatches.GetEachAsync(store, [digests[only]], cancellationToken))[0];
                continue;
            }

            var request = new BatchReadBlobsRequest { InstanceName = instanceName, DigestFunction = digests[part[0]].Function.ToProto() };
            request.Digests.AddRange(part.Select(i => digests[i].ToProto()));
            var response = await cas.BatchReadBlobsAsync(request, cancellationToken: cancellationToken);
            Check(response.Responses.Count, part.Count);
            for (var i = 0; i < part.Count; i++)
            {
                var one = response.Responses[i];
                answers[part[i]] = one.Status is { Code: (int)StatusCode.NotFound } ? default
                    : RefusalOf(digests[part[i]], one.Digest, one.Status) is { } failure ? new BlobAnswer(null, failure)
                    : new BlobAnswer(one.Data.Memory);
            }
        }

        return answers;
    }

    // Places of blobs that go into one call: of one function, and not too much.
    private static IEnumerable<List<int>> Parts(IEnumerable<int> places, Func<int, Digest> digestOf)
    {
        foreach (var ofFunction in places.GroupBy(i => digestOf(i).Function))
        {
            var part = new List<int>();
            long bytes = 0;
            foreach (var i in ofFunction)
            {
                var size = digestOf(i).SizeBytes;
                if (part.Count > 0 && (bytes + size > BytesPerCall || part.Count == BlobsPerCall))
                {
                    yield return part;
                    (part, bytes) = ([], 0);
                }

                part.Add(i);
                bytes += size;
            }

            yield return part;
        }
    }

    private static BlobStoreException? RefusalOf(Digest asked, Build.Bazel.Remote.Execution.V2.Digest? answered, Google.Rpc.Status? status) => (StatusCode)(status?.Code ?? 0) switch
    {
        StatusCode.OK when answered?.SizeBytes == asked.SizeBytes && string.Equals(answered.Hash, asked.HashHex, StringComparison.Ordinal) => null,
        StatusCode.OK => new BlobStoreUnavailableException($"The cache answered for another blob when it was asked for {asked}. It does not keep the order of a batch."),
        StatusCode.ResourceExhausted => new BlobStoreFullException(status!.Message),
        StatusCode.InvalidArgument => new DigestMismatchException(asked, $"been refused: {status!.Message}"),
        var code => new BlobStoreUnavailableException($"The cache answered {code} for blob {asked} ({status!.Message.TrimEnd('.')}). Try again later."),
    };

    private static void Check(int answers, int asked)
    {
        if (answers != asked)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"{answers} answers to a batch of {asked} blobs"));
        }
    }
}
