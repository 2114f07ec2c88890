using BuildFarm.BlobStore;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Grpc.Core.Status;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>Refuses a job whose inputs the CAS does not have, in the form that clients of REAPI know how to repair.</summary>
public sealed class InputRootCheck(IBlobStore blobs)
{
    /// <exception cref="RpcException">FAILED_PRECONDITION with one MISSING violation for each absent blob and no other detail.</exception>
    public async ValueTask CheckAsync(JobSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var roots = spec.Tasks.Where(template => template.InputRootDigest is not null)
            .Select(template => Digest.FromProto(template.InputRootDigest, "input_root_digest"))
            .ToHashSet();
        var missing = await blobs.FindMissingAsync(roots, cancellationToken);
        if (missing.Count > 0)
        {
            throw Missing(spec, missing);
        }
    }

    private static RpcException Missing(JobSpec spec, IReadOnlyList<Digest> missing)
    {
        var owner = spec.Tasks.First(template => template.InputRootDigest is { } root && string.Equals(root.Hash, missing[0].HashHex, StringComparison.Ordinal));
        var message = $"task '{owner.Name}': the cache does not have input root {missing[0]}"
            + (missing.Count > 1 ? $", and {missing.Count - 1} more" : "") + "; upload it and submit again";
        var failure = new PreconditionFailure
        {
            Violations =
            {
                missing.Select(digest => new PreconditionFailure.Types.Violation
                {
                    Type = "MISSING",
                    Subject = $"blobs/{digest.HashHex}/{digest.SizeBytes}",
                }),
            },
        };
        return new Status(StatusCode.FailedPrecondition, message).ToRpcException(new Google.Rpc.Status
        {
            Code = (int)StatusCode.FailedPrecondition,
            Message = message,
            Details = { Any.Pack(failure) },
        });
    }
}
