using BuildFarm.BlobStore.Nodes;
using Xunit;
using YamlDotNet.RepresentationModel;
using static BuildFarm.Architecture.Tests.Manifest;

namespace BuildFarm.Architecture.Tests;

/// <summary>What the overlay deploy/k8s-cache-nodes says of the base and of the programs is true.</summary>
public sealed class CacheNodesTests
{
    private static readonly Overlay Files = new("k8s-cache-nodes");

    [Fact]
    public void Kustomization_NamesTheBaseAndEveryFile() => Files.AssertNamesTheBaseAndEveryFile();

    [Fact]
    public void Front_IsTheCacheOfTheBase()
    {
        var target = Overlay.TargetOf(Front());

        Assert.Equal(("StatefulSet", "cache"), (Text(target["kind"]), Name(target)));
        Assert.Equal(Text(Container(target)["name"]), Text(Container(Front())["name"]));
        Assert.Equal(
            ["--Listen:Grpc", "--Listen:Http", "--Cache:Directory", "--Cache:CoordinatorKeyFile"],
            ((string[])["--Listen:Grpc", "--Listen:Http", "--Cache:Directory", "--Cache:CoordinatorKeyFile"]).Where(name => Option(Container(target), name) == Option(Container(Front()), name)));
    }

    [Fact]
    public void Programs_TakeTheirOptions()
    {
        ProgramOptions.Check("BuildFarm.Cache", Arguments(Container(Front())));
        ProgramOptions.Check("BuildFarm.Cache", Arguments(Container(Nodes())));
        Assert.Equal("/opt/buildfarm/cache/BuildFarm.Cache", Text(Container(Nodes())["command"][0]));
    }

    [Fact]
    public void Front_KnowsEveryNodeByItsName()
    {
        var service = Item("Service", "cache-node");
        var replicas = int.Parse(Text(Nodes()["spec"]["replicas"]), System.Globalization.CultureInfo.InvariantCulture);
        var names = Enumerable.Range(0, replicas).Select(i => $"http://{Name(Nodes())}-{i}.{Name(service)}.buildfarm:{Text(service["spec"]["ports"][0]["port"])}");

        Assert.Equal(names, NodeAddresses.Expand(Option(Container(Front()), "--Cache:Tiers:1:Addresses")));
        Assert.Equal(Name(service), Text(Nodes()["spec"]["serviceName"]));
        Assert.Equal(("None", "true"), (Text(service["spec"]["clusterIP"]), Text(service["spec"]["publishNotReadyAddresses"])));
        Assert.Equal(Option(Container(Nodes()), "--Cache:CoordinatorKeyFile"), Option(Container(Front()), "--Cache:Tiers:1:KeyFile"));
    }

    [Fact]
    public void OneNodeAtATime_MayBeAway()
    {
        Assert.Equal("1", Text(Item("PodDisruptionBudget", "cache-node")["spec"]["maxUnavailable"]));
    }

    [Fact]
    public void Nodes_HaveNoMoreRightsThanTheyNeed()
    {
        var pod = Nodes()["spec"]["template"]["spec"];
        var security = Container(Nodes())["securityContext"];

        Assert.Equal(("false", "true"), (Text(pod["automountServiceAccountToken"]), Text(pod["securityContext"]["runAsNonRoot"])));
        Assert.Equal(("false", "true", "ALL"), (
            Text(security["allowPrivilegeEscalation"]), Text(security["readOnlyRootFilesystem"]), Text(security["capabilities"]["drop"][0])));
        Assert.Equal("cache", Text(Item("NetworkPolicy", "to-cache-node")["spec"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"]["app"]));
    }

    private static YamlMappingNode Front() => Files.In("cache-patch.yaml").Single();

    private static YamlMappingNode Nodes() => Item("StatefulSet", "cache-node");

    private static YamlMappingNode Item(string kind, string name) =>
        Files.In("cache-nodes.yaml").Single(item => Text(item["kind"]) == kind && Name(item) == name);
}
