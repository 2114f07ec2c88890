using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace BuildFarm.Rpc.Server.Hosting;

/// <summary>Gives Kestrel's transport <see cref="TransportBlockPool"/>s.</summary>
internal sealed class TransportBlockPoolFactory : IMemoryPoolFactory<byte>
{
    /// <inheritdoc/>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new TransportBlockPool();
}
