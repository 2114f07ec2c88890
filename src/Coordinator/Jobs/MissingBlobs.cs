using BuildFarm.Digests;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>
/// Absent blobs in the form that clients of REAPI repair: FAILED_PRECONDITION with one PreconditionFailure of MISSING
/// violations alone. Bazel uploads again only when there is no other detail.
/// </summary>
internal static class MissingBlobs
{
    /// <summary>Trailers are small: most clients take 8 KiB of them.</summary>
    private const int MostViolations = 50;

    /// <param name="message">One line for people.</param>
    /// <param name="missing">At least one; the first 50 are named.</param>
    public static Google.Rpc.Status ToStatus(string message, IEnumerable<Digest> missing) => new()
    {
        Code = (int)StatusCode.FailedPrecondition,
        Message = message,
        Details =
        {
            Any.Pack(new PreconditionFailure
            {
                Violations =
                {
                    missing.Take(MostViolations).Select(digest => new PreconditionFailure.Types.Violation
                    {
                        Type = "MISSING",
                        Subject = $"blobs/{digest}",
                    }),
                },
            }),
        },
    };

    /// <summary>The same as the end of a call.</summary>
    public static RpcException ToRpcException(this Google.Rpc.Status status) =>
        new Grpc.Core.Status((StatusCode)status.Code, status.Message).ToRpcException(status);
}
