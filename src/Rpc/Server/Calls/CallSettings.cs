using System.IO.Compression;
using BuildFarm.Rpc.Server.Telemetry;
using BuildFarm.Rpc.Wire;
using Grpc.AspNetCore.Server;
using Grpc.Net.Compression;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Rpc.Server.Calls;

/// <summary>What all calls of a service share: its options, resolved and checked, and the tools.</summary>
internal sealed class CallSettings
{
    public required int? MaxReceiveMessageSize { get; init; }

    public required int? MaxSendMessageSize { get; init; }

    public required bool EnableDetailedErrors { get; init; }

    public required CompressionSet Encodings { get; init; }

    /// <summary>The encoding of responses to clients that accept it; null for none.</summary>
    public required ICompressionProvider? ResponseEncoding { get; init; }

    public required CompressionLevel? ResponseCompressionLevel { get; init; }

    public required TimeProvider Clock { get; init; }

    public required RpcServerMetrics Metrics { get; init; }

    public required ILogger Logger { get; init; }

    public static CallSettings Create(IServiceProvider services, GrpcServiceOptions options)
    {
        var encodings = new CompressionSet(options.CompressionProviders);
        ICompressionProvider? responseEncoding = null;
        if (options.ResponseCompressionAlgorithm is { } name and not ProtocolNames.IdentityEncoding && !encodings.TryGet(name, out responseEncoding))
        {
            throw new InvalidOperationException(
                $"ResponseCompressionAlgorithm is '{name}', but CompressionProviders has only: {encodings.AcceptEncoding}. Add a provider or choose one of these.");
        }

        return new CallSettings
        {
            MaxReceiveMessageSize = options.MaxReceiveMessageSize,
            MaxSendMessageSize = options.MaxSendMessageSize,
            EnableDetailedErrors = options.EnableDetailedErrors ?? false,
            Encodings = encodings,
            ResponseEncoding = responseEncoding,
            ResponseCompressionLevel = options.ResponseCompressionLevel,
            Clock = services.GetRequiredService<TimeProvider>(),
            Metrics = services.GetRequiredService<RpcServerMetrics>(),
            Logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("BuildFarm.Rpc.Server"),
        };
    }
}
