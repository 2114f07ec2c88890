using System.Security.Cryptography;
using System.Text;
using BuildFarm.BlobStore.Remote;
using Grpc.Core;

namespace BuildFarm.Cache.Results;

/// <summary>The secret by which a cache knows its coordinators, and a node its front.</summary>
internal sealed class CoordinatorKey(CacheOptions options)
{
    private readonly byte[] _hash = HashOf(options.ReadCoordinatorKey());

    /// <exception cref="RpcException">PERMISSION_DENIED: the call does not carry the key.</exception>
    public void Admit(ServerCallContext context)
    {
        // Hashes of equal length, compared in a time that does not tell how much of a guess was right.
        var given = context.RequestHeaders.GetValue(RemoteActionCache.KeyHeader) ?? "";
        if (!CryptographicOperations.FixedTimeEquals(HashOf(given), _hash))
        {
            throw new RpcException(new Status(
                StatusCode.PermissionDenied, "The coordinator's key is absent or wrong; give the coordinator and the cache the same key file."));
        }
    }

    private static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
