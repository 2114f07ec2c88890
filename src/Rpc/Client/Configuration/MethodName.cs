namespace Grpc.Net.Client.Configuration;

/// <summary>Names one method, all methods of a service (no <see cref="Method"/>), or all methods (neither).</summary>
public sealed class MethodName
{
    /// <summary>All methods of all services.</summary>
    public static readonly MethodName Default = new();

    /// <summary>The service with its package, such as <c>google.bytestream.ByteStream</c>.</summary>
    public string? Service { get; set; }

    /// <summary>The method's own name, such as <c>Read</c>.</summary>
    public string? Method { get; set; }
}
