using System.IO.Compression;
using BuildFarm.Rpc.Wire;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>Options of all gRPC services of a server, or of one (<see cref="GrpcServiceOptions{TService}"/>).</summary>
public class GrpcServiceOptions
{
    /// <summary>The largest request message in bytes, also after decompression; 4 MiB unless set, null for no limit. A longer one ends the call with RESOURCE_EXHAUSTED.</summary>
    public int? MaxReceiveMessageSize { get; set; } = ProtocolNames.DefaultMaxReceiveMessageSize;

    /// <summary>The largest response message in bytes; null, as it is unless set, for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Whether clients see the type and message of an exception that a handler throws. Off unless set: exceptions tell about the server.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>Whether calls of services that the server does not have are left to the rest of the application; UNIMPLEMENTED otherwise.</summary>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>The encoding of responses to clients that accept it; null for none.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>The level of that encoding; null for its provider's own.</summary>
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>The encodings that requests may use and responses can have; gzip unless changed.</summary>
    public IList<ICompressionProvider> CompressionProviders { get; set; } = [new GzipCompressionProvider(CompressionLevel.Fastest)];

    /// <summary>Interceptors around every call, the first added outermost.</summary>
    public InterceptorCollection Interceptors { get; } = [];

    internal void CopyTo(GrpcServiceOptions other)
    {
        other.MaxReceiveMessageSize = MaxReceiveMessageSize;
        other.MaxSendMessageSize = MaxSendMessageSize;
        other.EnableDetailedErrors = EnableDetailedErrors;
        other.IgnoreUnknownServices = IgnoreUnknownServices;
        other.ResponseCompressionAlgorithm = ResponseCompressionAlgorithm;
        other.ResponseCompressionLevel = ResponseCompressionLevel;
        other.CompressionProviders = [.. CompressionProviders];
        foreach (var interceptor in Interceptors)
        {
            other.Interceptors.Add(interceptor);
        }
    }
}
