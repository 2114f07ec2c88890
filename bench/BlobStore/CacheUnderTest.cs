using System.Diagnostics;
using BuildFarm.BlobStore.Remote;
using BuildFarm.Cache;
using BuildFarm.Digests;
using BuildFarm.Hosting;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using ListenOptions = BuildFarm.Hosting.Configuration.ListenOptions;

namespace BuildFarm.Bench.BlobStore;

/// <summary>The cache service as it ships, on a free port, and a client of it.</summary>
internal sealed class CacheUnderTest : IAsyncDisposable
{
    private const int ChunkBytes = 256 * 1024;

    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;
    private readonly RemoteBlobStore _store;

    private CacheUnderTest(WebApplication app, GrpcChannel channel)
    {
        _app = app;
        _channel = channel;
        _store = new RemoteBlobStore(channel.CreateCallInvoker());
    }

    public static async Task<CacheUnderTest> StartAsync(string directory, bool verifyReads)
    {
        var builder = FarmHost.CreateBuilder("buildfarm-bench", []);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseFarmEndpoints(new ListenOptions { Grpc = "127.0.0.1:0", Http = "" });
        builder.Services.AddCache(new CacheOptions { Directory = directory, VerifyReads = verifyReads });
        var app = builder.Build();
        app.MapCache();
        await app.StartAsync();
        return new CacheUnderTest(app, GrpcChannel.ForAddress(app.Urls.First()));
    }

    public async Task<double> WriteAsync(Digest digest, string file)
    {
        using var content = File.OpenHandle(file);
        var buffer = new byte[ChunkBytes];
        var start = Stopwatch.GetTimestamp();
        await using var writer = await _store.CreateAsync(digest, default);
        for (int offset = 0, read; (read = RandomAccess.Read(content, buffer, offset)) > 0; offset += read)
        {
            await writer.WriteAsync(buffer.AsMemory(0, read), default);
        }

        await writer.CommitAsync(default);
        return digest.SizeBytes / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public async Task<double> ReadAsync(Digest digest)
    {
        var buffer = new byte[ChunkBytes];
        var start = Stopwatch.GetTimestamp();
        await using var reader = await _store.OpenAsync(digest, default) ?? throw new InvalidOperationException("the blob is gone");
        var got = 0L;
        for (int read; (read = await reader.ReadAsync(got, buffer, default)) > 0; got += read)
        {
        }

        return got == digest.SizeBytes
            ? got / Stopwatch.GetElapsedTime(start).TotalSeconds
            : throw new InvalidOperationException($"{got} of {digest.SizeBytes} bytes arrived");
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
    }
}
