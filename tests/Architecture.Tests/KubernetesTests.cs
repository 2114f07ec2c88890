using Xunit;
using YamlDotNet.RepresentationModel;
using static BuildFarm.Architecture.Tests.Manifest;

namespace BuildFarm.Architecture.Tests;

/// <summary>What the manifests of deploy/k8s say of the programs is true: executables, options, ports and names exist.</summary>
public sealed class KubernetesTests
{
    private static readonly string Folder = Path.Combine(Solution.Root, "deploy", "k8s");

    public static TheoryData<string> Workloads => [.. Objects().Where(IsWorkload).Select(Name)];

    [Fact]
    public void Kustomization_NamesEveryManifest()
    {
        var kustomization = Objects("kustomization.yaml").Single();
        var named = ((YamlSequenceNode)kustomization["resources"]).Select(Text).Order(StringComparer.Ordinal);
        var there = Directory.GetFiles(Folder, "*.yaml").Select(Path.GetFileName).Where(name => name != "kustomization.yaml").Order(StringComparer.Ordinal);

        Assert.Equal(there, named);
        Assert.All(Objects(), item => Assert.NotEmpty($"{item["apiVersion"]}{item["kind"]}{Name(item)}"));
        Assert.Equal(["cache", "coordinator", "worker"], Objects().Where(IsWorkload).Select(Name));
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void Workload_StartsAProgramWithOptionsThatItHas(string name)
    {
        var container = Container(Workload(name));
        var program = Path.GetFileName(Text(Assert.Single((YamlSequenceNode)container["command"])));
        Assert.Contains(program["BuildFarm.".Length..], Solution.Projects.Keys);
        Assert.StartsWith($"/opt/buildfarm/{name}/", Text(container["command"][0]), StringComparison.Ordinal);

        ProgramOptions.Check(program, Arguments(container));
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void Workload_IsProbedWhereItListens(string name)
    {
        var container = Container(Workload(name));
        var ports = ((YamlSequenceNode)container["ports"]).ToDictionary(port => Text(port["name"]), port => Text(port["containerPort"]), StringComparer.Ordinal);

        Assert.Equal($"0.0.0.0:{ports["grpc"]}", Option(container, "--Listen:Grpc"));
        Assert.Equal($"0.0.0.0:{ports["http"]}", Option(container, "--Listen:Http"));
        Assert.Equal(ports["grpc"], Text(container["readinessProbe"]["grpc"]["port"]));
        Assert.Equal(("/healthz", "http"), (Text(container["livenessProbe"]["httpGet"]["path"]), Text(container["livenessProbe"]["httpGet"]["port"])));
        Assert.NotEmpty(Text(container["resources"]["requests"]["cpu"]) + Text(container["resources"]["requests"]["memory"]));
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void Workload_HasNoMoreRightsThanItNeeds(string name)
    {
        var pod = (YamlMappingNode)Workload(name)["spec"]["template"]["spec"];
        var security = Container(Workload(name))["securityContext"];

        Assert.Equal("false", Text(pod["automountServiceAccountToken"]));
        if (name == "worker")
        {
            // Said in deploy/k8s/README.md.
            Assert.Equal(("true", "0"), (Text(security["privileged"]), Text(security["runAsUser"])));
            var grace = TimeSpan.Parse(Option(Container(Workload(name)), "--Worker:DrainGrace"), System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal($"{(grace + TimeSpan.FromMinutes(1)).TotalSeconds}", Text(pod["terminationGracePeriodSeconds"]));
            return;
        }

        Assert.Equal("true", Text(pod["securityContext"]["runAsNonRoot"]));
        Assert.Equal(("false", "true", "ALL"), (
            Text(security["allowPrivilegeEscalation"]), Text(security["readOnlyRootFilesystem"]), Text(security["capabilities"]["drop"][0])));
    }

    [Fact]
    public void Secrets_AreMountedWhereTheCoordinatorLooksAndAsItTakesThem()
    {
        var pod = (YamlMappingNode)Workload("coordinator")["spec"]["template"]["spec"];
        var container = Container(Workload("coordinator"));
        var mount = ((YamlSequenceNode)container["volumeMounts"]).Single(mount => Text(mount["mountPath"]) == Option(container, "--Coordinator:SecretsDirectory"));
        var volume = ((YamlSequenceNode)pod["volumes"]).Single(volume => Text(volume["name"]) == Text(mount["name"]));
        Assert.Equal(("true", "true"), (Text(mount["readOnly"]), Text(volume["secret"]["optional"])));
        Assert.Equal(Text(pod["securityContext"]["runAsGroup"]), Text(pod["securityContext"]["fsGroup"]));
        Assert.Equal("files", Option(container, "--Coordinator:Pools:0:Platform:secrets"));
        Assert.Contains($"create secret generic {Text(volume["secret"]["secretName"])} ", File.ReadAllText(Path.Combine(Folder, "README.md")), StringComparison.Ordinal);

        // As the node lays it out: the keys are links to files of one version, with the mode that the manifest says.
        var folder = Directory.CreateTempSubdirectory("buildfarm-secrets-").FullName;
        try
        {
            var file = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "..2026_11_22")).FullName, "token");
            File.WriteAllText(file, "value");
            File.SetUnixFileMode(file, (UnixFileMode)Convert.ToInt32(Text(volume["secret"]["defaultMode"]), 8));
            File.CreateSymbolicLink(Path.Combine(folder, "..data"), "..2026_11_22");
            File.CreateSymbolicLink(Path.Combine(folder, "token"), "..data/token");
            var store = new Coordinator.Secrets.SecretStore(new Coordinator.CoordinatorOptions { SecretsDirectory = folder });
            Assert.Equal("value"u8.ToArray(), store.TryRead("token", out var problem));
            Assert.Empty(problem);
            Assert.Null(store.TryRead("other", out _));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Addresses_AreThoseOfServices()
    {
        var services = Objects().Where(item => Text(item["kind"]) == "Service").ToDictionary(
            Name, item => Text(((YamlSequenceNode)item["spec"]["ports"]).Single()["port"]), StringComparer.Ordinal);
        var addresses = Objects().Where(IsWorkload).SelectMany(item => Arguments(Container(item))).Where(argument => argument.Contains("http://", StringComparison.Ordinal))
            .Select(argument => new Uri(argument.Split('=', 2)[1])).ToArray();

        Assert.NotEmpty(addresses);
        Assert.All(addresses, address => Assert.Equal(services[address.Host.Split('.')[0]], $"{address.Port}"));
    }

    [Fact]
    public void Policies_DenyAllAndNameWhatExists()
    {
        var policies = Objects().Where(item => Text(item["kind"]) == "NetworkPolicy").ToArray();
        var all = Assert.Single(policies, policy => Name(policy) == "default-deny");
        Assert.Equal(["Ingress", "Egress"], ((YamlSequenceNode)all["spec"]["policyTypes"]).Select(Text));
        var apps = Objects().Where(IsWorkload).Select(Name).ToArray();
        Assert.All(policies.SelectMany(Scalars), pair => Assert.True(pair.Key != "app" || apps.Contains(pair.Value), pair.Value));
    }

    private static IEnumerable<YamlMappingNode> Objects() =>
        Directory.GetFiles(Folder, "*.yaml").Order(StringComparer.Ordinal).Select(Path.GetFileName).Where(name => name != "kustomization.yaml").SelectMany(name => Objects(name!));

    private static YamlMappingNode[] Objects(string name) => Read(Path.Combine(Folder, name));

    private static YamlMappingNode Workload(string name) => Objects().Single(item => IsWorkload(item) && Name(item) == name);
}
