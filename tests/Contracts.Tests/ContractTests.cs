using Google.Protobuf.Reflection;
using Xunit;

namespace BuildFarm.Contracts.Tests;

public sealed class ContractTests
{
    private static readonly FileDescriptor[] Contracts =
    [
        Build.Bazel.Remote.Execution.V2.RemoteExecutionReflection.Descriptor,
        Build.Bazel.Remote.LogStream.v1.RemoteLogstreamReflection.Descriptor,
        Build.Bazel.Semver.SemverReflection.Descriptor,
        Google.Bytestream.BytestreamReflection.Descriptor,
        Google.LongRunning.OperationsReflection.Descriptor,
        Google.Rpc.StatusReflection.Descriptor,
        Google.Rpc.CodeReflection.Descriptor,
        Google.Rpc.ErrorDetailsReflection.Descriptor,
        Google.Api.AnnotationsReflection.Descriptor,
        Google.Api.ClientReflection.Descriptor,
        Google.Api.FieldBehaviorReflection.Descriptor,
        Google.Api.HttpReflection.Descriptor,
        Google.Api.LaunchStageReflection.Descriptor,
        Grpc.Health.V1.HealthReflection.Descriptor,
        Grpc.Reflection.V1.ReflectionReflection.Descriptor,
        Grpc.Reflection.V1Alpha.ReflectionReflection.Descriptor,
    ];

    [Fact]
    public void Descriptors_BesideTheUpstreamContracts_AreEqualInEveryFact()
    {
        using var golden = new StreamReader(typeof(ContractTests).Assembly.GetManifestResourceStream("contract-facts.txt")!);
        var expected = golden.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);

        var actual = Contracts.SelectMany(file => ContractFacts.Of(file.ToProto())).Order(StringComparer.Ordinal);

        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Messages_OfTheFarm_KeepFieldNumbersBelowTheReservedRanges()
    {
        FileDescriptor[] own = [BuildFarm.V1.JobsReflection.Descriptor, BuildFarm.V1.WorkersReflection.Descriptor, BuildFarm.V1.AdminReflection.Descriptor];

        Assert.All(own, file => Assert.Equal("buildfarm.v1", file.Package));
        Assert.All(own.SelectMany(file => file.EnumTypes), type => Assert.EndsWith("_UNSPECIFIED", type.FindValueByNumber(0).Name, StringComparison.Ordinal));
        Assert.All(own.SelectMany(file => file.MessageTypes).SelectMany(type => type.Fields.InDeclarationOrder()), field => Assert.InRange(field.FieldNumber, 1, 18_999));
    }
}
