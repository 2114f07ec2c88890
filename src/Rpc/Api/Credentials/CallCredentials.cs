namespace Grpc.Core;

/// <summary>Credentials of a call: tokens in its metadata.</summary>
public abstract class CallCredentials
{
    /// <summary>All of the given credentials.</summary>
    public static CallCredentials Compose(params CallCredentials[] credentials) => new CompositeCredentials(credentials);

    /// <summary>Credentials that a function adds to each call.</summary>
    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor) => new InterceptorCredentials(interceptor);

    /// <summary>Tells a channel what these credentials are.</summary>
    public abstract void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state);

    private sealed class CompositeCredentials : CallCredentials
    {
        private readonly CallCredentials[] _credentials;

        public CompositeCredentials(CallCredentials[] credentials)
        {
            ArgumentNullException.ThrowIfNull(credentials);
            ArgumentOutOfRangeException.ThrowIfLessThan(credentials.Length, 2, nameof(credentials));
            _credentials = [.. credentials];
        }

        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetCompositeCredentials(state, _credentials);
    }

    private sealed class InterceptorCredentials : CallCredentials
    {
        private readonly AsyncAuthInterceptor _interceptor;

        public InterceptorCredentials(AsyncAuthInterceptor interceptor)
        {
            ArgumentNullException.ThrowIfNull(interceptor);
            _interceptor = interceptor;
        }

        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetAsyncAuthInterceptorCredentials(state, _interceptor);
    }
}
