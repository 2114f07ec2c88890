using System.Collections.Concurrent;
using System.Diagnostics;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Testing;
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

    private readonly ConcurrentDictionary<string, Lazy<Task<PeerServer>>> _servers = new();
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

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Where <paramref name="peer"/> listens.</summary>
    public async Task<Uri> AddressOfAsync(string peer)
    {
        var server = _servers.GetOrAdd(peer, name => new Lazy<Task<PeerServer>>(() => name == Grpcio ? StartGrpcioAsync() : StartGrpcJsAsync()));
        return (await server.Value).Address;
    }

    private async Task<PeerServer> StartGrpcioAsync()
    {
        const string python = "/usr/bin/python3";
        await RequireAsync(python, ["-c", "import grpc, google.protobuf"], "python3-grpcio and python3-protobuf");
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
        await RequireAsync("npm", ["--version"], "node and npm");
        var cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "buildfarm", "npm", "interop-server");
        var manifest = await File.ReadAllTextAsync(Script("node/package.json"));
        var installed = Path.Combine(cache, "installed.json");
        if (!File.Exists(installed) || await File.ReadAllTextAsync(installed) != manifest)
        {
            Directory.CreateDirectory(cache);
            await File.WriteAllTextAsync(Path.Combine(cache, "package.json"), manifest);
            await RequireAsync("npm", ["install", "--no-audit", "--no-fund", "--prefix", cache], "the npm packages of Interop/Client/node/package.json");
            await File.WriteAllTextAsync(installed, manifest);
        }

        return await PeerServer.StartAsync(
            "node",
            [Script("node/test_service.js"), Path.Combine(AppContext.BaseDirectory, "Protos")],
            new Dictionary<string, string> { ["NODE_PATH"] = Path.Combine(cache, "node_modules") });
    }

    private static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Interop", "Client", name);

    /// <summary>Runs a command, and skips the case when this machine lacks what it needs.</summary>
    private static async Task RequireAsync(string program, string[] arguments, string what)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false })!;
            var errors = process.StandardError.ReadToEndAsync();
            await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            if (process.ExitCode == 0)
            {
                return;
            }

            Assert.Skip($"{what} missing: {(await errors).Trim()}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Assert.Skip($"{what} missing: {e.Message}");
        }
    }
}
