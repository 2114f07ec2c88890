using System.Globalization;
using BuildFarm.V1;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;

namespace BuildFarm.Coordinator.Why;

/// <summary>What differs between two actions, but for their inputs.</summary>
public static class PartsDiff
{
    private const string Declared = "declared";

    /// <summary>In the order of the contract's messages: the Command's parts, then the Action's, then what is beside it.</summary>
    public static IEnumerable<ActionDifference> Of(ActionParts before, ActionParts now)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(now);
        return Arguments(before.Command.Arguments, now.Command.Arguments)
            .Concat(Named(ActionPart.Variable, Variables(before), Variables(now)))
            .Concat(One(ActionPart.WorkingDirectory, "", before.Command.WorkingDirectory, now.Command.WorkingDirectory))
            .Concat(Named(ActionPart.Output, Outputs(before), Outputs(now)))
            .Concat(Named(ActionPart.Platform, Properties(before), Properties(now)))
            .Concat(One(ActionPart.Timeout, "", Timeout(before), Timeout(now)))
            .Concat(Named(ActionPart.Setting, Settings(before), Settings(now)))
            .Concat(One(ActionPart.Environment, "", before.Seen.Environment, now.Seen.Environment));
    }

    /// <summary>By number where both have as many; else what lies between the equal beginning and the equal end.</summary>
    private static IEnumerable<ActionDifference> Arguments(RepeatedField<string> before, RepeatedField<string> now)
    {
        int first = 0, last = 0;
        if (before.Count != now.Count)
        {
            var shorter = Math.Min(before.Count, now.Count);
            while (first < shorter && before[first] == now[first])
            {
                first++;
            }

            while (last < shorter - first && before[^(last + 1)] == now[^(last + 1)])
            {
                last++;
            }
        }

        for (var i = first; i < Math.Max(before.Count, now.Count) - last; i++)
        {
            var (old, @new) = (i < before.Count - last ? before[i] : null, i < now.Count - last ? now[i] : null);
            if (old != @new)
            {
                yield return Make(ActionPart.Argument, i.ToString(CultureInfo.InvariantCulture), old, @new);
            }
        }
    }

    private static IEnumerable<ActionDifference> Named(ActionPart part, Dictionary<string, string> before, Dictionary<string, string> now)
    {
        foreach (var name in before.Keys.Union(now.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (old, @new) = (before.GetValueOrDefault(name), now.GetValueOrDefault(name));
            if (old != @new)
            {
                yield return Make(part, name, old, @new);
            }
        }
    }

    private static IEnumerable<ActionDifference> One(ActionPart part, string name, string? before, string? now) =>
        before == now ? [] : [Make(part, name, before, now)];

    private static ActionDifference Make(ActionPart part, string name, string? before, string? now)
    {
        var difference = new ActionDifference { Part = part, Name = name };
        if (before is not null)
        {
            difference.Before = before;
        }

        if (now is not null)
        {
            difference.After = now;
        }

        return difference;
    }

    private static Dictionary<string, string> Variables(ActionParts parts) =>
        Joined(parts.Command.EnvironmentVariables.Select(static variable => (variable.Name, variable.Value)));

    private static Dictionary<string, string> Properties(ActionParts parts) => Joined(parts.Properties.Select(static property => (property.Name, property.Value)));

    private static Dictionary<string, string> Outputs(ActionParts parts) => Joined(parts.Outputs.Select(static path => (path, Declared)));

    /// <summary>A name may stand there more than once.</summary>
    private static Dictionary<string, string> Joined(IEnumerable<(string Name, string Value)> all) =>
        all.GroupBy(static one => one.Name, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => string.Join(", ", group.Select(static one => one.Value)), StringComparer.Ordinal);

    private static string? Timeout(ActionParts parts) => parts.Action.Timeout is { } timeout ? JsonDuration(timeout) : null;

    private static string JsonDuration(Duration timeout) => timeout.ToString().Trim('"');

    private static Dictionary<string, string> Settings(ActionParts parts)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["digest_function"] = parts.Seen.Action.Function.Name,
            ["do_not_cache"] = parts.Action.DoNotCache ? "true" : "false",
            ["output_directory_format"] = parts.Command.OutputDirectoryFormat.ToString(),
            ["output_node_properties"] = string.Join(", ", parts.Command.OutputNodeProperties),
        };
        if (!parts.Action.Salt.IsEmpty)
        {
            settings["salt"] = Convert.ToHexStringLower(parts.Action.Salt.Span);
        }

        return settings;
    }
}
