using System.Net;
using BuildFarm.Rpc.Tests.Client;
using BuildFarm.Rpc.Tests.Server.Support;
using BuildFarm.TestKit.Rpc;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>A handler that cancels its own write, as one does whose server stops, while the client does not read.</summary>
public sealed class CancelledWriteTests : IDisposable
{
    private const int MessageSize = 1024 * 1024;

    private readonly TaskCompletionSource _writes = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gaveUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _callEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task ClientReadsOn_GetsTheWholeMessageAndTheStatus()
    {
        await using var server = await StartAsync(new StoppedTimers());
        using var client = StalledReader.Client();
        using var response = await StalledReader.OpenAsync(client, server);
        await _writes.Task.WaitAsync(TestServers.Guard);

        await _stop.CancelAsync();
        await _gaveUp.Task.WaitAsync(TestServers.Guard);
        var body = await response.Content.ReadAsByteArrayAsync().WaitAsync(TestServers.Guard);

        Assert.Equal(RawCall.Frame(Message()).Length, body.Length);
        Assert.Equal($"{(int)StatusCode.Unavailable}", response.TrailingHeaders.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task ClientNeverReads_StreamIsReset()
    {
        const long Cancel = 0x8;
        await using var server = await StartAsync(new InstantTimeProvider());
        using var client = StalledReader.Client();
        using var response = await StalledReader.OpenAsync(client, server);
        await _writes.Task.WaitAsync(TestServers.Guard);

        await _stop.CancelAsync();
        await _gaveUp.Task.WaitAsync(TestServers.Guard);
        // Not by stopping the server: that closes the connection, and a client that finds it closed while it writes does not look for the reset.
        await _callEnded.Task.WaitAsync(TestServers.Guard);
        var error = await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync().WaitAsync(TestServers.Guard));

        Assert.True(FindReset(error)?.ErrorCode == Cancel, $"The client saw no reset but {error}");
    }

    private static HttpProtocolException? FindReset(Exception? error) => error as HttpProtocolException ?? (error is null ? null : FindReset(error.InnerException));

    private static StreamingOutputCallResponse Message() => new() { Payload = TestServers.Zeros(MessageSize) };

    private Task<RpcTestServer> StartAsync(TimeProvider clock)
    {
        var service = new DelegatingTestService
        {
            Output = async (_, responses, _) =>
            {
                var write = responses.WriteAsync(Message(), _stop.Token);
                _writes.SetResult();
                Assert.NotNull(await Record.ExceptionAsync(() => write));
                _gaveUp.SetResult();
                throw new RpcException(new Status(StatusCode.Unavailable, "stopping"));
            },
        };
        return RpcTestServer.StartAsync(
            app =>
            {
                app.Use(async (http, next) =>
                {
                    await next(http);
                    _callEnded.TrySetResult();
                });
                app.MapGrpcService<DelegatingTestService>();
            },
            services => services.AddSingleton(service).AddSingleton(clock));
    }

    private sealed class StoppedTimers : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
