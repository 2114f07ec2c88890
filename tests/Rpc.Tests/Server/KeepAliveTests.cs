using BuildFarm.Rpc.Tests.Client;
using BuildFarm.Rpc.Tests.Server.Support;
using BuildFarm.TestKit.Rpc;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>A client that falls silent without closing its connection.</summary>
public sealed class KeepAliveTests
{
    [Fact]
    public async Task Handler_ClientFallsSilent_IsCancelled()
    {
        var newest = new TaskCompletionSource();
        var service = new DelegatingTestService
        {
            Output = async (_, responses, context) =>
            {
                var cancelled = newest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using var registration = context.CancellationToken.Register(() => cancelled.TrySetResult());
                await responses.WriteAsync(new StreamingOutputCallResponse());
                await cancelled.Task;
            },
        };
        await using var server = await RpcTestServer.StartAsync(
            app => app.MapGrpcService<DelegatingTestService>(),
            services => services.AddSingleton(service),
            kestrel: kestrel => (kestrel.Limits.Http2.KeepAlivePingDelay, kestrel.Limits.Http2.KeepAlivePingTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)));
        await Client.KeepAliveTests.UntilOpenAsync(async () =>
        {
            await using var proxy = new BlackHole(new Uri(server.Address).Port);
            using var channel = GrpcChannel.ForAddress(proxy.Address);
            using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest());
            if (!await Client.KeepAliveTests.OpensAsync(call))
                return false;

            proxy.Swallow();

            await newest.Task.Within();
            return true;
        });
    }
}
