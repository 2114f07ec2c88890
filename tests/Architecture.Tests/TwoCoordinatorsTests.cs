using Xunit;
using YamlDotNet.RepresentationModel;
using static BuildFarm.Architecture.Tests.Manifest;

namespace BuildFarm.Architecture.Tests;

/// <summary>What the overlay deploy/k8s-two-coordinators says of the base and of the programs is true.</summary>
public sealed class TwoCoordinatorsTests
{
    private static readonly Overlay Files = new("k8s-two-coordinators");

    [Fact]
    public void Kustomization_NamesTheBaseAndEveryFile() => Files.AssertNamesTheBaseAndEveryFile();

    [Theory]
    [InlineData("coordinator-patch.yaml")]
    [InlineData("worker-patch.yaml")]
    [InlineData("budget-patch.yaml")]
    public void Patch_ChangesWhatTheBaseHas(string patch)
    {
        var item = Files.In(patch).Single();
        var target = Overlay.TargetOf(item);

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
        var service = Files.In("coordinators.yaml").Single(static item => Text(item["kind"]) == "Service");

        Assert.Equal(given, Option(Container(Worker()), "--Peers:Coordinator").Split(','));
        Assert.Equal(Name(service), Text(Coordinator()["spec"]["serviceName"]));
        Assert.All(given, address => Assert.Equal($"{Name(service)}.buildfarm:{Text(service["spec"]["ports"][0]["port"])}", address.Split('.', 2)[1]));
        Assert.Equal("true", Text(service["spec"]["publishNotReadyAddresses"]));
    }

    [Fact]
    public void Standby_WhichIsNeverReady_HoldsNothingUp()
    {
        Assert.Equal(("Parallel", "OnDelete"), (Text(Coordinator()["spec"]["podManagementPolicy"]), Text(Coordinator()["spec"]["updateStrategy"]["type"])));
        Assert.Equal("delete", Text(Files.In("budget-patch.yaml").Single()["$patch"]));
    }

    private static YamlMappingNode Coordinator() => Files.In("coordinator-patch.yaml").Single();

    private static YamlMappingNode Worker() => Files.In("worker-patch.yaml").Single();

    private static IEnumerable<string> Pods() =>
        Enumerable.Range(0, int.Parse(Text(Coordinator()["spec"]["replicas"]), System.Globalization.CultureInfo.InvariantCulture)).Select(static number => $"coordinator-{number}");
}
