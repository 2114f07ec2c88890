using System.Collections.Concurrent;
using BuildFarm.TestKit;
using BuildFarm.TestKit.Rpc;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Xunit;

[assembly: AssemblyFixture(typeof(BuildFarm.Rpc.Tests.Interop.Client.InteropPeers))]

namespace BuildFarm.Rpc.Tests.Interop.Client;

/// <summary>The other implementations' servers, each started when a case first asks for it and shared by all cases.</summary>
public sealed class InteropPeers : IAsyncLifetime
{
    /// <summary>gRPC's C core through Debian's python3-grpcio.</summary>
    public const string Grpcio = "grpcio";

    /// <summary>The implementation in JavaScript.</summary>
    public const string GrpcJs = "grpc-js";

    /// <summary>This project's own server, in this process.</summary>
    public const string Own = "buildfarm";

    private readonly ConcurrentDictionary<string, Lazy<Task<PeerServer>>> _servers = new();
    private readonly Lazy<Task<RpcTestServer>> _own = new(() => RpcTestServer.StartAsync(app => app.MapGrpcService<TestServiceImpl>()));
    private readonly string _folder = Directory.CreateTempSubdirectory("buildfarm-interop-").FullName;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers.Values)
        {
            if (server.Value.IsCompletedSuccessfully)
            {
                await (await server.Value).DisposeAsync();
            }
        }

        if (_own.IsValueCreated)
        {
            await (await _own.Value).DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Where <paramref name="peer"/> listens.</summary>
    public async Task<Uri> AddressOfAsync(string peer)
    {
        if (peer == Own)
        {
            return new Uri((await _own.Value).Address);
        }

        var server = _servers.GetOrAdd(peer, name => new Lazy<Task<PeerServer>>(() => name == Grpcio ? StartGrpcioAsync() : StartGrpcJsAsync()));
        return (await server.Value).Address;
    }

    private async Task<PeerServer> StartGrpcioAsync()
    {
        const string python = "/usr/bin/python3";
        await Requirements.AptAsync("python3-grpcio", $"{python} -c 'import grpc'");
        await Requirements.AptAsync("python3-protobuf", $"{python} -c 'import google.protobuf'");
        var descriptors = Path.Combine(_folder, "testing.binpb");
        await using (var file = File.Create(descriptors))
        {
            var set = new FileDescriptorSet();
            set.File.Add(((FileDescriptor[])[EmptyReflection.Descriptor, MessagesReflection.Descriptor, TestReflection.Descriptor])
                .Select(d => FileDescriptorProto.Parser.ParseFrom(d.SerializedData)));
            set.WriteTo(file);
        }

        return await PeerServer.StartAsync(python, [Script("python/test_service.py"), descriptors], new Dictionary<string, string>());
    }

    private static async Task<PeerServer> StartGrpcJsAsync()
    {
        var cache = await Requirements.NpmAsync(Script("node/package.json"));
        return await PeerServer.StartAsync(
            "node",
            [Script("node/test_service.js"), Path.Combine(AppContext.BaseDirectory, "Protos")],
            new Dictionary<string, string> { ["NODE_PATH"] = Path.Combine(cache, "node_modules") });
    }

    private static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Interop", "Client", name);
}
