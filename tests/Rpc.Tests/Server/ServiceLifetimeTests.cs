using BuildFarm.Rpc.Tests.Server.Support;
using BuildFarm.TestKit.Rpc;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>Where a call's service comes from, and when it goes.</summary>
public sealed class ServiceLifetimeTests
{
    [Theory]
    [InlineData(ServiceLifetime.Singleton, 1)]
    [InlineData(ServiceLifetime.Scoped, 3)]
    [InlineData(ServiceLifetime.Transient, 3)]
    [InlineData(null, 3)]
    public async Task Service_Lifetime_DecidesInstancesAndDisposal(ServiceLifetime? lifetime, int instances)
    {
        var counts = new Counts();
        var server = await RpcTestServer.StartAsync(
            app => app.MapGrpcService<CountedService>(),
            services =>
            {
                services.AddSingleton(counts);
                if (lifetime is { } registered)
                {
                    services.Add(new ServiceDescriptor(typeof(CountedService), typeof(CountedService), registered));
                }
            });
        await using (server)
        {
            for (var i = 0; i < 3; i++)
            {
                await server.Client().UnaryCallAsync(new SimpleRequest());
            }
        }

        Assert.Equal((instances, instances), (counts.Made, counts.Disposed));
    }

    [Fact]
    public async Task Service_OfDefinition_HandlersServeCalls()
    {
        var marshaller = Marshallers.StringMarshaller;
        var method = new Method<string, string>(MethodType.Unary, "hand.made.Echo", "Say", marshaller, marshaller);
        UnaryServerMethod<string, string> say = (request, _) => Task.FromResult(request + "!");
        var definition = ServerServiceDefinition.CreateBuilder().AddMethod(method, say).Build();
        await using var server = await RpcTestServer.StartAsync(app => app.MapGrpcService(definition));

        var answer = await server.CreateChannel().CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(), "hello");

        Assert.Equal("hello!", answer);
    }

    [Fact]
    public async Task Service_NotAService_SaysWhy()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => RpcTestServer.StartAsync(app => app.MapGrpcService<Counts>()));

        Assert.Contains("is not a gRPC service", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_OptionsOfItsOwn_Hold()
    {
        await using var server = await RpcTestServer.StartAsync(
            app => app.MapGrpcService<DelegatingTestService>(),
            services =>
            {
                services.AddSingleton(new DelegatingTestService());
                services.AddGrpc().AddServiceOptions<DelegatingTestService>(options => options.MaxReceiveMessageSize = 10);
            });

        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Client().UnaryCallAsync(new SimpleRequest { Payload = TestServers.Zeros(100) }));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    private sealed class Counts
    {
        public int Made { get; set; }

        public int Disposed { get; set; }
    }

    private sealed class CountedService : TestService.TestServiceBase, IDisposable
    {
        private readonly Counts _counts;

        public CountedService(Counts counts)
        {
            _counts = counts;
            counts.Made++;
        }

        public override Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context) => Task.FromResult(new SimpleResponse());

        public void Dispose() => _counts.Disposed++;
    }
}
