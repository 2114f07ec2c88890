using Build.Bazel.Remote.Execution.V2;
using Build.Bazel.Semver;
using BuildFarm.Digests.Trees;
using Grpc.Core;
using DigestFunction = Build.Bazel.Remote.Execution.V2.DigestFunction;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>What a coordinator at an address of its own can; beside a cache, the cache says it for both.</summary>
public sealed class ExecutionCapabilitiesService : Capabilities.CapabilitiesBase
{
    private const int HighestPriority = 1000;

    /// <inheritdoc />
    public override Task<ServerCapabilities> GetCapabilities(GetCapabilitiesRequest request, ServerCallContext context) => Task.FromResult(new ServerCapabilities
    {
        ExecutionCapabilities = new ExecutionCapabilities
        {
            DigestFunction = DigestFunction.Types.Value.Sha256,
            DigestFunctions = { Digests.DigestFunction.All.Select(static function => function.ToProto()) },
            ExecEnabled = true,
            ExecutionPriorityCapabilities = new PriorityCapabilities
            {
                Priorities = { new PriorityCapabilities.Types.PriorityRange { MinPriority = -HighestPriority, MaxPriority = HighestPriority } },
            },
        },
        DeprecatedApiVersion = new SemVer { Major = 2 },
        LowApiVersion = new SemVer { Major = 2 },
        HighApiVersion = new SemVer { Major = 2, Minor = 3 },
    });
}
