namespace Grpc.Core;

/// <summary>A remote method without its message types.</summary>
public interface IMethod
{
    /// <summary>The call shape.</summary>
    MethodType Type { get; }

    /// <summary>The full name of the service, with its package: <c>grpc.health.v1.Health</c>.</summary>
    string ServiceName { get; }

    /// <summary>The name of the method alone: <c>Check</c>.</summary>
    string Name { get; }

    /// <summary>The request path: <c>/service/method</c>.</summary>
    string FullName { get; }
}
