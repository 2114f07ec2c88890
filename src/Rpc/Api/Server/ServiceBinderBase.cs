namespace Grpc.Core;

/// <summary>
/// Receives the methods of a service from its generated <c>BindService</c>. A binder that makes its own handlers gets null
/// handlers and overrides all four methods.
/// </summary>
public class ServiceBinderBase
{
    /// <summary>Takes a unary method.</summary>
    public virtual void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class => throw new NotSupportedException("This binder takes no unary methods.");

    /// <summary>Takes a client-streaming method.</summary>
    public virtual void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class => throw new NotSupportedException("This binder takes no client-streaming methods.");

    /// <summary>Takes a server-streaming method.</summary>
    public virtual void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class => throw new NotSupportedException("This binder takes no server-streaming methods.");

    /// <summary>Takes a duplex-streaming method.</summary>
    public virtual void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class => throw new NotSupportedException("This binder takes no duplex-streaming methods.");
}
