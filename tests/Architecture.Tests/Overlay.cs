using Xunit;
using YamlDotNet.RepresentationModel;
using static BuildFarm.Architecture.Tests.Manifest;

namespace BuildFarm.Architecture.Tests;

/// <summary>A kustomize overlay over deploy/k8s.</summary>
internal sealed class Overlay(string name)
{
    private static readonly string Base = Path.Combine(Solution.Root, "deploy", "k8s");

    private readonly string _folder = Path.Combine(Solution.Root, "deploy", name);

    /// <summary>The objects in one of its files.</summary>
    public YamlMappingNode[] In(string file) => Read(Path.Combine(_folder, file));

    /// <summary>The object of the base that a patch changes.</summary>
    public static YamlMappingNode TargetOf(YamlMappingNode patch) => Directory.GetFiles(Base, "*.yaml").SelectMany(Read)
        .Single(one => (Text(one["kind"]), Text(one["apiVersion"])) == (Text(patch["kind"]), Text(patch["apiVersion"])) && Name(one) == Name(patch));

    /// <summary>Fails unless its kustomization names the base, and every file beside it.</summary>
    public void AssertNamesTheBaseAndEveryFile()
    {
        var kustomization = In("kustomization.yaml").Single();
        var resources = ((YamlSequenceNode)kustomization["resources"]).Select(Text).ToArray();
        var patches = ((YamlSequenceNode)kustomization["patches"]).Select(static patch => Text(patch["path"]));
        var there = Directory.GetFiles(_folder, "*.yaml").Select(Path.GetFileName).Where(static name => name != "kustomization.yaml").Order(StringComparer.Ordinal);

        Assert.Equal("../k8s", resources[0]);
        Assert.True(File.Exists(Path.Combine(_folder, resources[0], "kustomization.yaml")));
        Assert.Equal(there, resources.Skip(1).Concat(patches).Order(StringComparer.Ordinal));
    }
}
