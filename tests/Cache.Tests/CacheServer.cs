using System.Net;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.TestKit;
using Google.Bytestream;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Cache.Tests;

/// <summary>The cache on a real Kestrel at a free port of the loopback, and a channel to it.</summary>
internal sealed class CacheServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TempFolder? _folder;
    private readonly GrpcChannel _channel;

    private CacheServer(WebApplication app, TempFolder? folder, GrpcChannel channel, string directory)
    {
        _app = app;
        _folder = folder;
        _channel = channel;
        Directory = directory;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Last()) };
        Invoker = channel.CreateCallInvoker();
        Cas = new ContentAddressableStorage.ContentAddressableStorageClient(Invoker);
        Results = new ActionCache.ActionCacheClient(Invoker);
        Capabilities = new Build.Bazel.Remote.Execution.V2.Capabilities.CapabilitiesClient(Invoker);
        Streams = new ByteStream.ByteStreamClient(Invoker);
    }

    public string Directory { get; }

    /// <summary>Of gRPC.</summary>
    public string Address => _app.Urls.First();

    /// <summary>The cache as HTTP.</summary>
    public HttpClient Http { get; }

    public CallInvoker Invoker { get; }

    public ContentAddressableStorage.ContentAddressableStorageClient Cas { get; }

    public ActionCache.ActionCacheClient Results { get; }

    public Build.Bazel.Remote.Execution.V2.Capabilities.CapabilitiesClient Capabilities { get; }

    /// <summary>Generated code, so that the cache's own marshallers are tried against protobuf's.</summary>
    public ByteStream.ByteStreamClient Streams { get; }

    public IServiceProvider Services => _app.Services;

    public IBlobStore Blobs => Services.GetRequiredService<IBlobStore>();

    public static async Task<CacheServer> StartAsync(Action<CacheOptions>? configure = null, string? directory = null, Action<IServiceCollection>? services = null)
    {
        var folder = directory is null ? new TempFolder() : null;
        var options = new CacheOptions { Directory = directory ?? folder!.Path, Environment = "test-environment" };
        configure?.Invoke(options);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureGrpcKestrel();
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        services?.Invoke(builder.Services);
        builder.Services.AddCache(options);
        var app = builder.Build();
        app.MapCache();
        await app.StartAsync();
        var channel = GrpcChannel.ForAddress(app.Urls.First(), new GrpcChannelOptions { MaxReceiveMessageSize = 16 << 20 });
        return new CacheServer(app, folder, channel, options.Directory);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder?.Dispose();
    }
}
