using BuildFarm.Cache.Resources;
using Grpc.Core;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Cache;

/// <summary>What every request of the REAPI services must keep.</summary>
internal static class RequestChecks
{
    /// <exception cref="ResourceNameException">The instance name cannot be one.</exception>
    /// <exception cref="RpcException">INVALID_ARGUMENT: a digest function that is not in the capabilities.</exception>
    public static void Check(string instanceName, Reapi.DigestFunction.Types.Value function)
    {
        ResourceNames.CheckInstance(instanceName);
        if (function is not (Reapi.DigestFunction.Types.Value.Unknown or Reapi.DigestFunction.Types.Value.Sha256))
        {
            throw Invalid($"The digest function {function} is not supported; this server has SHA256 alone.");
        }
    }

    public static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
