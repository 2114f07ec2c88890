using Build.Bazel.Remote.Execution.V2;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace BuildFarm.Cache.Cas;

/// <summary>The generated base, of which one method takes its request as <see cref="FindMissingQuery"/>.</summary>
[BindServiceMethod(typeof(ContentAddressableStorageQueries), nameof(BindService))]
public abstract class ContentAddressableStorageQueries : ContentAddressableStorage.ContentAddressableStorageBase
{
    /// <summary>For reflection.</summary>
    public static ServiceDescriptor Descriptor => ContentAddressableStorage.Descriptor;

    /// <summary>Gives the methods to a server.</summary>
    public static void BindService(ServiceBinderBase binder, ContentAddressableStorageQueries? service) =>
        ContentAddressableStorage.BindService(new Binder(binder, service), service);

    /// <summary>Which of the blobs are not here.</summary>
    public abstract Task<FindMissingBlobsResponse> FindMissingBlobs(FindMissingQuery request, ServerCallContext context);

    private sealed class Binder(ServiceBinderBase inner, ContentAddressableStorageQueries? service) : ServiceBinderBase
    {
        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
        {
            if (method is Method<FindMissingBlobsRequest, FindMissingBlobsResponse> find)
            {
                inner.AddMethod(
                    new Method<FindMissingQuery, FindMissingBlobsResponse>(find.Type, find.ServiceName, find.Name, FindMissingQuery.Marshaller, find.ResponseMarshaller),
                    service is null ? null : new UnaryServerMethod<FindMissingQuery, FindMissingBlobsResponse>(service.FindMissingBlobs));
                return;
            }

            inner.AddMethod(method, handler);
        }

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
            inner.AddMethod(method, handler);
    }
}
