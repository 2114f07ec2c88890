namespace Grpc.Core;

/// <summary>Adds credentials to the metadata of a call before it starts.</summary>
public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);
