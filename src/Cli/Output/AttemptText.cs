using System.Globalization;
using BuildFarm.V1;

namespace BuildFarm.Cli.Output;

/// <summary>Words for who made a result, and what its task wrote beside its outputs.</summary>
public static class AttemptText
{
    /// <summary>What the worker told with the result; null when there is none, or a worker that tells nothing made it.</summary>
    public static AttemptFacts? FactsOf(FarmTask task)
    {
        foreach (var told in task.Result?.ExecutionMetadata?.AuxiliaryMetadata ?? [])
        {
            if (told.TryUnpack<AttemptFacts>(out var facts))
            {
                return facts;
            }
        }

        return null;
    }

    /// <summary>One line for who ran it, and one for each place where it wrote.</summary>
    public static IEnumerable<(string Name, string Value)> Lines(AttemptFacts facts)
    {
        if (facts.Host is { } host)
        {
            yield return ("ran on", TaskText.Clean(string.Create(
                CultureInfo.InvariantCulture,
                $"{host.Hostname}: {host.CpuCount} x {host.CpuModel}, {host.MemoryBytes >> 20} MiB, Linux {host.Kernel}; {facts.Runtime}, profile {facts.Profile}, environment {facts.Environment}, agent {facts.AgentVersion}")));
        }

        foreach (var place in facts.Written)
        {
            var count = string.Create(CultureInfo.InvariantCulture, $"{(place.Partial ? "more than " : "")}{place.Entries} file(s), {(place.Bytes + 1023) >> 10} KiB, in {place.Place}");
            var more = place.Entries > place.Examples.Count ? ", …" : "";
            yield return ("wrote", TaskText.Clean($"{count}: {string.Join(", ", place.Examples)}{more}"));
        }
    }
}
