namespace Grpc.Core.Interceptors;

/// <summary>A call on its way through the interceptors: what is called, where, and with what options.</summary>
public readonly struct ClientInterceptorContext<TRequest, TResponse>
    where TRequest : class
    where TResponse : class
{
    /// <summary>Makes a context.</summary>
    public ClientInterceptorContext(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        Method = method;
        Host = host;
        Options = options;
    }

    /// <summary>The method called.</summary>
    public Method<TRequest, TResponse> Method { get; }

    /// <summary>The authority that overrides the channel's; null for the channel's.</summary>
    public string? Host { get; }

    /// <summary>The call's options.</summary>
    public CallOptions Options { get; }
}
