using YamlDotNet.RepresentationModel;

namespace BuildFarm.Architecture.Tests;

/// <summary>Reads manifests of Kubernetes.</summary>
internal static class Manifest
{
    public static YamlMappingNode[] Read(string path)
    {
        var stream = new YamlStream();
        using var text = new StreamReader(path);
        stream.Load(text);
        return [.. stream.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    public static bool IsWorkload(YamlMappingNode item) => Text(item["kind"]) is "StatefulSet" or "Deployment" or "DaemonSet";

    public static YamlNode Container(YamlMappingNode workload) => ((YamlSequenceNode)workload["spec"]["template"]["spec"]["containers"]).Single();

    public static IEnumerable<string> Arguments(YamlNode container) => ((YamlSequenceNode)container["args"]).Select(Text);

    public static string Option(YamlNode container, string name) =>
        Arguments(container).Single(argument => argument.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];

    public static string Name(YamlMappingNode item) => Text(item["metadata"]["name"]);

    public static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    public static IEnumerable<KeyValuePair<string, string>> Scalars(YamlMappingNode item) =>
        item.AllNodes.OfType<YamlMappingNode>().SelectMany(map => map.Children)
            .Where(pair => pair.Value is YamlScalarNode)
            .Select(pair => KeyValuePair.Create(Text(pair.Key), Text(pair.Value)));
}
