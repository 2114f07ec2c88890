using Xunit;
using YamlDotNet.RepresentationModel;
using static BuildFarm.Architecture.Tests.Manifest;

namespace BuildFarm.Architecture.Tests;

/// <summary>What the overlay deploy/k8s-two-coordinators says of the base and of the programs is true.</summary>
public sealed class TwoCoordinatorsTests
{
    private static readonly string Folder = Path.Combine(Solution.Root, "deploy", "k8s-two-coordinators");
    private static readonly string Base = Path.Combine(Solution.Root, "deploy", "k8s");

    [Fact]
    public void Kustomization_NamesTheBaseAndEveryFile()
    {
        var kustomization = Read(Path.Combine(Folder, "kustomization.yaml")).Single();
        var resources = ((YamlSequenceNode)kustomization["resources"]).Select(Text).ToArray();
        var patches = ((YamlSequenceNode)kustomization["patches"]).Select(static patch => Text(patch["path"]));
        var there = Directory.GetFiles(Folder, "*.yaml").Select(Path.GetFileName).Where(static name => name != "kustomization.yaml").Order(StringComparer.Ordinal);

        Assert.Equal("../k8s", resources[0]);
        Assert.True(File.Exists(Path.Combine(Folder, resources[0], "kustomization.yaml")));
        Assert.Equal(there, resources.Skip(1).Concat(patches).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("coordinator-patch.yaml")]
    [InlineData("worker-patch.yaml")]
    [InlineData("budget-patch.yaml")]
    public void Patch_ChangesWhatTheBaseHas(string patch)
    {
        var item = Read(Path.Combine(Folder, patch)).Single();
        var target = Directory.GetFiles(Base, "*.yaml").SelectMany(Read)
            .Single(one => (Text(one["kind"]), Text(one["apiVersion"])) == (Text(item["kind"]), Text(item["apiVersion"])) && Name(one) == Name(item));

        if (IsWorkload(item))
        {
            Assert.Equal(Text(Container(target)["name"]), Text(Container(item)["name"]));
        }
    }

    [Fact]
    public void Programs_TakeTheirOptions()
    {
        foreach (var pod in Pods())
        {
            var arguments = Arguments(Container(Coordinator())).Select(argument => argument.Replace("$(POD_NAME)", pod, StringComparison.Ordinal));
            ProgramOptions.Check("BuildFarm.Coordinator", arguments, ("Journal__Postgres", "Host=postgres.databases;Database=buildfarm"));
        }

        ProgramOptions.Check("BuildFarm.Worker", Arguments(Container(Worker())));
        var variables = ((YamlSequenceNode)Container(Coordinator())["env"]).Select(static variable => Text(variable["name"]));
        Assert.Equal(["POD_NAME", "Journal__Postgres"], variables);
    }

    [Fact]
    public void Workers_KnowEveryCoordinatorByTheAddressThatItGives()
    {
        var given = Pods().Select(static pod => Option(Container(Coordinator()), "--Lease:Address").Replace("$(POD_NAME)", pod, StringComparison.Ordinal));
        var service = Read(Path.Combine(Folder, "coordinators.yaml")).Single(static item => Text(item["kind"]) == "Service");

        Assert.Equal(given, Option(Container(Worker()), "--Peers:Coordinator").Split(','));
        Assert.Equal(Name(service), Text(Coordinator()["spec"]["serviceName"]));
        Assert.All(given, address => Assert.Equal($"{Name(service)}.buildfarm:{Text(service["spec"]["ports"][0]["port"])}", address.Split('.', 2)[1]));
        Assert.Equal("true", Text(service["spec"]["publishNotReadyAddresses"]));
    }

    [Fact]
    public void Standby_WhichIsNeverReady_HoldsNothingUp()
    {
        Assert.Equal(("Parallel", "OnDelete"), (Text(Coordinator()["spec"]["podManagementPolicy"]), Text(Coordinator()["spec"]["updateStrategy"]["type"])));
        Assert.Equal("delete", Text(Read(Path.Combine(Folder, "budget-patch.yaml")).Single()["$patch"]));
    }

    private static YamlMappingNode Coordinator() => Read(Path.Combine(Folder, "coordinator-patch.yaml")).Single();

    private static YamlMappingNode Worker() => Read(Path.Combine(Folder, "worker-patch.yaml")).Single();

    private static IEnumerable<string> Pods() =>
        Enumerable.Range(0, int.Parse(Text(Coordinator()["spec"]["replicas"]), System.Globalization.CultureInfo.InvariantCulture)).Select(static number => $"coordinator-{number}");
}
