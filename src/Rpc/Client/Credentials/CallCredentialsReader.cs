using Grpc.Core;

namespace Grpc.Net.Client.Credentials;

/// <summary>Asks call credentials for the metadata of one attempt.</summary>
internal sealed class CallCredentialsReader : CallCredentialsConfiguratorBase
{
    private readonly List<AsyncAuthInterceptor> _interceptors = [];

    /// <summary>The metadata of all <paramref name="credentials"/>, in order.</summary>
    /// <exception cref="RpcException">The credentials' own, or UNAVAILABLE when they fail otherwise.</exception>
    public static async Task<Metadata> ReadAsync(CallCredentials?[] credentials, AuthInterceptorContext context)
    {
        var reader = new CallCredentialsReader();
        foreach (var credential in credentials)
        {
            credential?.InternalPopulateConfiguration(reader, null);
        }

        var metadata = new Metadata();
        foreach (var interceptor in reader._interceptors)
        {
            try
            {
                await interceptor(context, metadata).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not RpcException and not OperationCanceledException)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, $"call credentials for {context.ServiceUrl} failed: {e.Message}", e));
            }
        }

        return metadata;
    }

    public override void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor) => _interceptors.Add(interceptor);

    public override void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials)
    {
        foreach (var credential in credentials)
        {
            credential.InternalPopulateConfiguration(this, state);
        }
    }
}
