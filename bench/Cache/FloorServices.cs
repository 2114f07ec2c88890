using Build.Bazel.Remote.Execution.V2;
using Grpc.Core;

namespace BuildFarm.Bench.Cache;

/// <summary>What gRPC alone costs: the same messages through the same server, with answers that are there already and no store.</summary>
internal sealed class FloorCas(FloorAnswers answers) : ContentAddressableStorage.ContentAddressableStorageBase
{
    public override Task<FindMissingBlobsResponse> FindMissingBlobs(FindMissingBlobsRequest request, ServerCallContext context) =>
        Task.FromResult(new FindMissingBlobsResponse());

    public override Task<BatchReadBlobsResponse> BatchReadBlobs(BatchReadBlobsRequest request, ServerCallContext context) => Task.FromResult(answers.Blobs);
}

/// <summary>As <see cref="FloorCas"/>.</summary>
internal sealed class FloorResults(FloorAnswers answers) : ActionCache.ActionCacheBase
{
    public override Task<ActionResult> GetActionResult(GetActionResultRequest request, ServerCallContext context) => Task.FromResult(answers.Result);
}

/// <summary>What the cache has answered to the same requests.</summary>
internal sealed class FloorAnswers
{
    public BatchReadBlobsResponse Blobs { get; set; } = new();

    public ActionResult Result { get; set; } = new();
}
