using Grpc.Core;

namespace BuildFarm.TestKit.Rpc;

/// <summary>
/// The worker link as bytes: what is sent is what another release sent, not what today's contract makes of it. A server that
/// derives from it and is mapped answers <c>buildfarm.v1.Workers/Link</c>.
/// </summary>
[BindServiceMethod(typeof(RawLink), nameof(Bind))]
public abstract class RawLink
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    /// <summary>The call.</summary>
    public static Method<byte[], byte[]> Method { get; } = new(MethodType.DuplexStreaming, "buildfarm.v1.Workers", nameof(Link), Bytes, Bytes);

    /// <summary>Maps the method; the shape is the code generator's.</summary>
    public static void Bind(ServiceBinderBase binder, RawLink? service)
    {
        ArgumentNullException.ThrowIfNull(binder);
        binder.AddMethod(Method, service is null ? null! : new DuplexStreamingServerMethod<byte[], byte[]>(service.Link));
    }

    /// <summary>A call of a worker.</summary>
    public static AsyncDuplexStreamingCall<byte[], byte[]> Call(ChannelBase coordinator, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(coordinator);
        return coordinator.CreateCallInvoker().AsyncDuplexStreamingCall(Method, host: null, new CallOptions(cancellationToken: cancellationToken));
    }

    /// <summary>Answers a worker.</summary>
    public abstract Task Link(IAsyncStreamReader<byte[]> requestStream, IServerStreamWriter<byte[]> responseStream, ServerCallContext context);
}
