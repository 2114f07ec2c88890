using BuildFarm.Cache.Resources;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using Grpc.Core;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Cache;

/// <summary>What every request of the REAPI services must keep.</summary>
internal static class RequestChecks
{
    /// <returns>The function that the request names; null when the lengths of its hashes tell.</returns>
    /// <exception cref="ResourceNameException">The instance name cannot be one.</exception>
    /// <exception cref="DigestFormatException">A digest function that is not in the capabilities.</exception>
    public static DigestFunction? Check(string instanceName, Reapi.DigestFunction.Types.Value function)
    {
        ResourceNames.CheckInstance(instanceName);
        return function.ToDigestFunction();
    }

    public static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
