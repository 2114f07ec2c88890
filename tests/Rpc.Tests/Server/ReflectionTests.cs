using BuildFarm.TestKit.Rpc;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>Server reflection.</summary>
public sealed class ReflectionTests
{
    [Fact]
    public async Task Reflection_ListServices_NamesWhatIsMapped()
    {
        await using var server = await StartAsync();

        var answer = await AskAsync(server, new ServerReflectionRequest { ListServices = "" });

        Assert.Equal(
            ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"],
            answer.ListServicesResponse.Service.Select(service => service.Name));
    }

    [Theory]
    [InlineData("grpc.health.v1.Health")]
    [InlineData("grpc.health.v1.Health.Check")]
    [InlineData("grpc.health.v1.HealthCheckResponse.ServingStatus")]
    public async Task Reflection_FileOfSymbol_IsAFileThatHasIt(string symbol)
    {
        await using var server = await StartAsync();

        var answer = await AskAsync(server, new ServerReflectionRequest { FileContainingSymbol = symbol });

        var file = FileDescriptorProto.Parser.ParseFrom(answer.FileDescriptorResponse.FileDescriptorProto[0]);
        Assert.Equal("grpc/health/v1/health.proto", file.Name);
        Assert.Equal("Health", file.Service.Single().Name);
    }

    [Fact]
    public async Task Reflection_FileByName_ComesWithItsImports()
    {
        await using var server = await RpcTestServer.StartAsync(
            app =>
            {
                app.MapGrpcService<Support.DelegatingTestService>();
                app.MapGrpcReflectionService();
            },
            services => services.AddGrpcReflection().AddSingleton<Support.DelegatingTestService>());

        var answer = await AskAsync(server, new ServerReflectionRequest { FileByFilename = TestReflection.Descriptor.Name });

        Assert.Equal(
            ["grpc/testing/test.proto", "grpc/testing/empty.proto", "grpc/testing/messages.proto"],
            answer.FileDescriptorResponse.FileDescriptorProto.Select(bytes => FileDescriptorProto.Parser.ParseFrom(bytes).Name));
    }

    [Fact]
    public async Task Reflection_UnknownSymbol_IsNotFound()
    {
        await using var server = await StartAsync();

        var answer = await AskAsync(server, new ServerReflectionRequest { FileContainingSymbol = "no.such" });

        Assert.Equal((int)StatusCode.NotFound, answer.ErrorResponse.ErrorCode);
    }

    [Fact]
    public async Task ReflectionV1Alpha_ListServices_AnswersToo()
    {
        await using var server = await StartAsync();
        using var call = new Grpc.Reflection.V1Alpha.ServerReflection.ServerReflectionClient(server.CreateChannel()).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new Grpc.Reflection.V1Alpha.ServerReflectionRequest { ListServices = "" });

        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(3, call.ResponseStream.Current.ListServicesResponse.Service.Count);
        await call.RequestStream.CompleteAsync();
    }

    private static Task<RpcTestServer> StartAsync() => RpcTestServer.StartAsync(
        app =>
        {
            app.MapGrpcHealthService();
            app.MapGrpcReflectionService();
        },
        services => services.AddGrpcHealth().AddGrpcReflection());

    private static async Task<ServerReflectionResponse> AskAsync(RpcTestServer server, ServerReflectionRequest request)
    {
        using var call = new ServerReflection.ServerReflectionClient(server.CreateChannel()).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(request);
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext());
        return call.ResponseStream.Current;
    }
}
