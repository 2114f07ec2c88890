using BuildFarm.TestKit.Rpc;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace BuildFarm.Rpc.Tests.Server.Support;

/// <summary>Servers and messages that many tests need.</summary>
internal static class TestServers
{
    public const string Unary = "/grpc.testing.TestService/UnaryCall";
    public const string Output = "/grpc.testing.TestService/StreamingOutputCall";
    public const string Input = "/grpc.testing.TestService/StreamingInputCall";

    /// <summary>Long enough for a loaded machine; only a hang takes it.</summary>
    public static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    public static Task<RpcTestServer> StartAsync(
        DelegatingTestService service, Action<GrpcServiceOptions>? options = null, TestTransport transport = TestTransport.Tcp, TimeProvider? clock = null) =>
        RpcTestServer.StartAsync(
            app => app.MapGrpcService<DelegatingTestService>(), services => services.AddSingleton(service).AddSingleton(clock ?? TimeProvider.System), options, transport: transport);

    public static TestService.TestServiceClient Client(this RpcTestServer server) => new(server.CreateChannel());

    public static Payload Zeros(int size) => new() { Body = UnsafeByteOperations.UnsafeWrap(new byte[size]) };
}
