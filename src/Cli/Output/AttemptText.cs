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

    /// <summary>Two lines for each attempt that has no result of the task's: how it ended, and who ran it.</summary>
    public static IEnumerable<(string Name, string Value)> Lines(IEnumerable<TaskAttempt> attempts)
    {
        foreach (var attempt in attempts)
        {
            var evidence = attempt.Message.Length > 0 ? $": {attempt.Message}" : string.Empty;
            yield return (string.Create(CultureInfo.InvariantCulture, $"attempt {attempt.Number}"), TaskText.Clean($"{Words(attempt.End)}, @{attempt.Worker}{evidence}"));
            if (Who(attempt.RanOn) is { } who)
            {
                yield return (string.Empty, who);
            }
        }
    }

    /// <summary>The word of an end in machine-readable output.</summary>
    public static string Word(AttemptEnd end) => end switch
    {
        AttemptEnd.Unspecified => "running",
        AttemptEnd.WithTask => "with-task",
        AttemptEnd.Infrastructure => "infrastructure",
        AttemptEnd.GivenBack => "given-back",
        AttemptEnd.Failed => "failed",
        AttemptEnd.OutOfMemory => "out-of-memory",
        AttemptEnd.Outrun => "outrun",
        _ => "unknown",
    };

    /// <summary>One line for who ran it, one for what it used, and one for each place where it wrote.</summary>
    public static IEnumerable<(string Name, string Value)> Lines(AttemptFacts facts)
    {
        if (Who(facts) is { } who)
        {
            yield return ("ran on", who);
        }

        if (facts.Counts is { } counts)
        {
            yield return ("used", string.Create(
                CultureInfo.InvariantCulture,
                $"{counts.PeakProcesses} process(es) at most, {KiB(counts.ReadBytes)} KiB from disks, {KiB(counts.WrittenBytes)} KiB to disks"));
        }

        foreach (var place in facts.Written)
        {
            var count = string.Create(CultureInfo.InvariantCulture, $"{(place.Partial ? "more than " : "")}{place.Entries} file(s), {KiB(place.Bytes)} KiB, in {place.Place}");
            var more = place.Entries > place.Examples.Count ? ", …" : "";
            yield return ("wrote", TaskText.Clean($"{count}: {string.Join(", ", place.Examples)}{more}"));
        }
    }

    private static long KiB(long bytes) => (bytes + 1023) >> 10;

    private static string Words(AttemptEnd end) => end switch
    {
        AttemptEnd.Unspecified => "runs",
        AttemptEnd.WithTask => "ended with the task",
        AttemptEnd.Infrastructure => "lost by the farm",
        AttemptEnd.GivenBack => "given back",
        AttemptEnd.Failed => "failed",
        AttemptEnd.OutOfMemory => "out of memory",
        AttemptEnd.Outrun => "outrun by another",
        _ => "ended",
    };

    /// <summary>Null from a worker that tells nothing.</summary>
    private static string? Who(AttemptFacts? facts)
    {
        if (facts?.Host is not { } host)
        {
            return null;
        }

        var parts = new List<string> { facts.Runtime };
        Add(parts, "profile", facts.Profile);
        Add(parts, "root", facts.Image);
        Add(parts, "environment", facts.Environment);
        Add(parts, "agent", facts.AgentVersion);
        return TaskText.Clean(string.Create(
            CultureInfo.InvariantCulture,
            $"{host.Hostname}: {host.CpuCount} x {host.CpuModel}, {host.MemoryBytes >> 20} MiB, Linux {host.Kernel}; {string.Join(", ", parts)}"));
    }

    private static void Add(List<string> parts, string name, string value)
    {
        if (value.Length > 0)
        {
            parts.Add($"{name} {value}");
        }
    }
}
