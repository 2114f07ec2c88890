namespace Grpc.Core;

/// <summary>The four call shapes of gRPC: who sends one message and who sends a stream.</summary>
public enum MethodType
{
    /// <summary>One request, one response.</summary>
    Unary,

    /// <summary>A stream of requests, one response.</summary>
    ClientStreaming,

    /// <summary>One request, a stream of responses.</summary>
    ServerStreaming,

    /// <summary>A stream of requests and an independent stream of responses.</summary>
    DuplexStreaming,
}
