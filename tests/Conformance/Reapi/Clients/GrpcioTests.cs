using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using Google.Bytestream;
using Google.LongRunning;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Clients;

/// <summary>Malformed requests from a client of gRPC's C core, <c>python/malformed.py</c>: each is refused by the status that fits it, and the server goes on.</summary>
public sealed class GrpcioTests(ServerUnderTest server)
{
    [Theory]
    [InlineData("build.bazel.remote.execution.v2.ContentAddressableStorage")]
    [InlineData("build.bazel.remote.execution.v2.ActionCache")]
    [InlineData("build.bazel.remote.execution.v2.Execution")]
    [InlineData("google.bytestream.ByteStream")]
    [InlineData("google.longrunning.Operations")]
    public async Task MalformedRequests_OfAService_AreRefusedByTheirStatus(string service)
    {
        await Requirements.AptAsync("python3-grpcio python3-protobuf", "/usr/bin/python3 -c \"import grpc, google.protobuf\"");
        Assert.SkipUnless(server.Function == DigestFunction.Types.Value.Sha256, "the script's digests are SHA-256's");
        using var folder = new TempFolder();
        var descriptors = Path.Combine(folder.Path, "descriptors");
        await File.WriteAllBytesAsync(descriptors, Descriptors().ToByteArray(), TestContext.Current.CancellationToken);
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["REAPI_DESCRIPTORS"] = descriptors, ["PYTHONDONTWRITEBYTECODE"] = "1" };
        var script = Path.Combine(SourceFolder.Of(), "python", "malformed.py");

        await using var python = FarmProcess.Start("/usr/bin/python3", [script, new Uri(server.Address).Authority, server.Instance, service], folder.Path, environment);
        var result = await python.EndAsync();

        Assert.True(result is { ExitCode: 0, Out: "PASS\n" }, result.ToString());
        Assert.NotNull(await new Capabilities.CapabilitiesClient(server.Invoker).GetCapabilitiesAsync(
            new GetCapabilitiesRequest { InstanceName = server.Instance }, deadline: RuleTests.Deadline()));
    }

    /// <summary>The contract's files, each after those that it imports.</summary>
    private static FileDescriptorSet Descriptors()
    {
        var set = new FileDescriptorSet();
        var known = new HashSet<string>(StringComparer.Ordinal);
        Add(RemoteExecutionReflection.Descriptor);
        Add(BytestreamReflection.Descriptor);
        Add(OperationsReflection.Descriptor);
        return set;

        void Add(FileDescriptor file)
        {
            if (!known.Add(file.Name))
            {
                return;
            }

            foreach (var needed in file.Dependencies)
            {
                Add(needed);
            }

            set.File.Add(file.ToProto());
        }
    }
}
