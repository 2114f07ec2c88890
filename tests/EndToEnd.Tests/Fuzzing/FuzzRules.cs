using Grpc.Core;
using static Grpc.Core.StatusCode;

namespace BuildFarm.EndToEnd.Tests.Fuzzing;

/// <summary>
/// What each method may answer to anything at all. OK, INVALID_ARGUMENT and RESOURCE_EXHAUSTED (a message or a batch over the limit) are
/// for all; INTERNAL and UNKNOWN for none (but see below), and UNAVAILABLE for none.
/// </summary>
internal static class FuzzRules
{
    private const string Reapi = "build.bazel.remote.execution.v2";

    private static readonly StatusCode[] ForAll = [OK, InvalidArgument, ResourceExhausted];

    /// <summary>What a request may get whose frames, encoding or deadline are not to be taken.</summary>
    private static readonly StatusCode[] ForBroken = [Unimplemented, DeadlineExceeded];

    private static readonly Dictionary<string, StatusCode[]> More = new(StringComparer.Ordinal)
    {
        [$"{Reapi}.ContentAddressableStorage/FindMissingBlobs"] = [],
        [$"{Reapi}.ContentAddressableStorage/BatchUpdateBlobs"] = [],
        [$"{Reapi}.ContentAddressableStorage/BatchReadBlobs"] = [],
        [$"{Reapi}.ContentAddressableStorage/GetTree"] = [NotFound],
        [$"{Reapi}.ContentAddressableStorage/SplitBlob"] = [NotFound, Unimplemented],
        [$"{Reapi}.ContentAddressableStorage/SpliceBlob"] = [NotFound, FailedPrecondition, Unimplemented],
        [$"{Reapi}.ActionCache/GetActionResult"] = [NotFound],
        [$"{Reapi}.ActionCache/UpdateActionResult"] = [FailedPrecondition],
        [$"{Reapi}.Capabilities/GetCapabilities"] = [],
        [$"{Reapi}.Execution/Execute"] = [FailedPrecondition, DeadlineExceeded],
        [$"{Reapi}.Execution/WaitExecution"] = [NotFound, DeadlineExceeded],
        ["google.bytestream.ByteStream/Read"] = [NotFound, StatusCode.OutOfRange, Unimplemented, DeadlineExceeded],
        ["google.bytestream.ByteStream/Write"] = [StatusCode.OutOfRange, Unimplemented],
        ["google.bytestream.ByteStream/QueryWriteStatus"] = [NotFound, Unimplemented],
        ["google.longrunning.Operations/ListOperations"] = [],
        ["google.longrunning.Operations/GetOperation"] = [NotFound],
        ["google.longrunning.Operations/DeleteOperation"] = [Unimplemented],
        ["google.longrunning.Operations/CancelOperation"] = [NotFound],
        ["google.longrunning.Operations/WaitOperation"] = [Unimplemented],
        ["buildfarm.v1.ExecutedResults/GetEntry"] = [PermissionDenied, NotFound, FailedPrecondition],
        ["buildfarm.v1.ExecutedResults/PutExecuted"] = [PermissionDenied, FailedPrecondition],
        ["buildfarm.v1.CacheNode/GetEntry"] = [PermissionDenied, NotFound],
        ["buildfarm.v1.CacheNode/PutEntry"] = [PermissionDenied],
        ["buildfarm.v1.CacheNode/FindBlob"] = [PermissionDenied, NotFound],
        ["buildfarm.v1.CacheAdmin/GetCacheStats"] = [],
        ["buildfarm.v1.CacheAdmin/VerifyCache"] = [],
        ["buildfarm.v1.CacheAdmin/CollectGarbage"] = [],
        ["buildfarm.v1.Jobs/SubmitJob"] = [NotFound, FailedPrecondition, AlreadyExists],
        ["buildfarm.v1.Jobs/GetJob"] = [NotFound],
        ["buildfarm.v1.Jobs/ExplainAction"] = [NotFound],
        ["buildfarm.v1.Jobs/ListJobs"] = [],
        ["buildfarm.v1.Jobs/WatchJob"] = [NotFound, DeadlineExceeded],
        ["buildfarm.v1.Jobs/CancelJob"] = [NotFound],
        ["buildfarm.v1.Jobs/WaitForChild"] = [NotFound, PermissionDenied, DeadlineExceeded],
        ["buildfarm.v1.Workers/Link"] = [FailedPrecondition, DeadlineExceeded],
        ["buildfarm.v1.Workers/GetSecrets"] = [NotFound, PermissionDenied, FailedPrecondition],
        ["buildfarm.v1.Admin/ListWorkers"] = [],
        ["buildfarm.v1.Admin/ReleaseWorker"] = [NotFound, FailedPrecondition],
        ["buildfarm.v1.Admin/ListHomes"] = [],
        ["buildfarm.v1.Admin/RemoveHome"] = [NotFound, FailedPrecondition],
        ["buildfarm.v1.Admin/GetFarm"] = [],
        ["grpc.health.v1.Health/Check"] = [NotFound],
        ["grpc.health.v1.Health/List"] = [],
        ["grpc.health.v1.Health/Watch"] = [DeadlineExceeded],
        ["grpc.reflection.v1.ServerReflection/ServerReflectionInfo"] = [],
    };

    // A connection that is closed without an answer is one, to bytes that are no request.
    private static readonly int[] HttpCodes = [200, 204, 206, 304, 400, 403, 404, 405, 408, 409, 411, 412, 413, 414, 415, 416, 426, 431, 501, 505, 507];

    /// <summary>The one case for which gRPC's protocol itself names INTERNAL (grpc/doc/compression.md).</summary>
    private static bool IsWhatGrpcAsksFor(FuzzAnswer answer) =>
        answer is { Status: Internal, Detail: "message has its compressed flag set, but no grpc-encoding was announced" };

    /// <summary>Null when the answer is allowed, else what is wrong.</summary>
    public static string? Judge(FuzzCase made, FuzzAnswer answer)
    {
        if (answer.Problem is not null)
        {
            return answer.Problem;
        }

        return made.Kind switch
        {
            FuzzKind.Http => answer.HttpStatus is null || HttpCodes.Contains(answer.HttpStatus.Value) ? null : $"HTTP {answer.HttpStatus}",
            FuzzKind.Connection => null,
            _ when !More.TryGetValue(made.Target, out _) => "it has no list of statuses",
            _ when answer.Status is not { } status => $"HTTP {answer.HttpStatus} without a status",
            _ when ForAll.Contains(answer.Status.Value) || More[made.Target].Contains(answer.Status.Value) => null,
            FuzzKind.BrokenCall when ForBroken.Contains(answer.Status.Value) || IsWhatGrpcAsksFor(answer) => null,
            _ => $"{answer.Status} \"{answer.Detail}\"",
        };
    }
}
