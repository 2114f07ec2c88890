using Build.Bazel.Remote.Execution.V2;
using Build.Bazel.Semver;
using BuildFarm.Cache.Chunks;
using BuildFarm.Cache.Resources;
using BuildFarm.Digests.Trees;
using BuildFarm.Hosting.Compression;
using Grpc.Core;
using DigestFunction = BuildFarm.Digests.DigestFunction;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Cache.Capabilities;

/// <summary>
/// What clients may count on. Versions: 2.1 and later make Bazel send <c>output_paths</c>; a deprecated version above 2.2
/// would turn older Bazels away.
/// </summary>
internal sealed class CapabilitiesService(CacheOptions options) : Reapi.Capabilities.CapabilitiesBase
{
    private const int LowestPriority = -1000;
    private const int HighestPriority = 1000;

    private static readonly Compressor.Types.Value[] Compressors = LibZstd.IsHere ? [Compressor.Types.Value.Zstd] : [];

    private static readonly Reapi.DigestFunction.Types.Value[] Functions = [.. DigestFunction.All.Select(static function => function.ToProto())];

    public override Task<ServerCapabilities> GetCapabilities(GetCapabilitiesRequest request, ServerCallContext context)
    {
        ResourceNames.CheckInstance(request.InstanceName);
        var capabilities = new ServerCapabilities
        {
            CacheCapabilities = Cache(),
            DeprecatedApiVersion = new SemVer { Major = 2 },
            LowApiVersion = new SemVer { Major = 2 },
            HighApiVersion = new SemVer { Major = 2, Minor = 3 },
        };
        if (options.ExecutionEnabled)
        {
            capabilities.ExecutionCapabilities = Execution();
        }

        return Task.FromResult(capabilities);
    }

    private CacheCapabilities Cache() => new()
    {
        DigestFunctions = { Functions },
        ActionCacheUpdateCapabilities = new ActionCacheUpdateCapabilities { UpdateEnabled = options.AllowClientUpdates },
        SupportedCompressors = { Compressors },
        SupportedBatchUpdateCompressors = { Compressors },
        SplitBlobSupport = true,
        SpliceBlobSupport = true,
        FastCdc2020Params = new FastCdc2020Params { AvgChunkSizeBytes = BlobSplitter.AverageChunkBytes },
        RepMaxCdcParams = new RepMaxCdcParams { MinChunkSizeBytes = BlobSplitter.SmallestChunkBytes, HorizonSizeBytes = BlobSplitter.HorizonBytes },
        MaxBatchTotalSizeBytes = Limits.BatchBytes,
        SymlinkAbsolutePathStrategy = SymlinkAbsolutePathStrategy.Types.Value.Allowed,
    };

    private static ExecutionCapabilities Execution() => new()
    {
        DigestFunction = Reapi.DigestFunction.Types.Value.Sha256,
        DigestFunctions = { Functions },
        ExecEnabled = true,
        ExecutionPriorityCapabilities = new PriorityCapabilities
        {
            Priorities = { new PriorityCapabilities.Types.PriorityRange { MinPriority = LowestPriority, MaxPriority = HighestPriority } },
        },
    };
}
