using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace BuildFarm.Cli.JobFiles;

/// <summary>A YAML value with its place, made from the parser's events: no reflection, no anchors, no merge keys.</summary>
internal abstract record YamlNode(Place At)
{
    /// <summary>In words, for "expected a list, found …".</summary>
    public abstract string Description { get; }

    /// <summary>Reads the one document of a file.</summary>
    /// <exception cref="FarmException">It is not YAML, or uses what job files do not.</exception>
    public static YamlNode? Read(string path, string text)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                return null;
            }

            parser.Consume<DocumentStart>();
            var root = ReadNode(path, parser, 0);
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second))
            {
                throw JobFileErrors.At(path, PlaceOf(second.Start), "a job file has one document; remove the second '---'.");
            }

            return root;
        }
        catch (YamlException error)
        {
            var reason = error.InnerException is null ? error.Message : error.InnerException.Message;
            throw TabIn(text, reason, error.Start) is { } tab
                ? JobFileErrors.At(path, tab, "tabs cannot indent YAML; use spaces.")
                : JobFileErrors.At(path, PlaceOf(error.Start), $"this is not valid YAML: {OneLine(reason)} Check the indentation and quotes here.");
        }
    }

    private static YamlNode ReadNode(string path, Parser parser, int depth)
    {
        var here = parser.Current!;
        var at = PlaceOf(here.Start);
        if (depth > 32)
        {
            throw JobFileErrors.At(path, at, "this is nested too deeply; a job file has at most a few levels.");
        }

        if (here is AnchorAlias or NodeEvent { Anchor.IsEmpty: false })
        {
            throw JobFileErrors.At(path, at, "anchors and aliases are not part of job files; write the value out.");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return new YamlScalar(scalar.Value, scalar.Style == ScalarStyle.Plain, at);
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<YamlNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadNode(path, parser, depth + 1));
            }

            return new YamlList(items, at);
        }

        parser.Consume<MappingStart>();
        var entries = new List<(YamlScalar Key, YamlNode Value)>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (ReadNode(path, parser, depth + 1) is not YamlScalar key)
            {
                throw JobFileErrors.At(path, at, "a key must be a plain word.");
            }

            if (!seen.Add(key.Text))
            {
                throw JobFileErrors.At(path, key.At, $"'{key.Text}' is given twice; remove one.");
            }

            entries.Add((key, ReadNode(path, parser, depth + 1)));
        }

        return new YamlMap(entries, at);
    }

    // The parser names the place where the value around the tab began, not that of the tab.
    private static Place? TabIn(string text, string reason, in Mark from)
    {
        if (!reason.Contains("tab", StringComparison.Ordinal) && !reason.Contains("indentation", StringComparison.Ordinal))
        {
            return null;
        }

        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var indentation = line[..Math.Max(0, line.IndexOfAnyExcept(' ', '\t'))];
            if (number >= from.Line && indentation.IndexOf('\t') is var tab && tab >= 0)
            {
                return new Place(number, tab + 1);
            }
        }

        return null;
    }

    private static Place PlaceOf(in Mark mark) => new(Math.Max(1, mark.Line), Math.Max(1, mark.Column));

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").TrimEnd('.', ' ') + ".";
}

/// <summary>A single value. <paramref name="Plain"/>: it stands without quotes, so <c>true</c> and <c>3</c> are not text.</summary>
internal sealed record YamlScalar(string Text, bool Plain, Place At) : YamlNode(At)
{
    public override string Description => IsNull ? "nothing" : $"'{(Text.Length > 40 ? Text[..40] + "…" : Text).ReplaceLineEndings(" ")}'";

    public bool IsNull => Plain && Text is "" or "~" or "null";
}

/// <summary>A list.</summary>
internal sealed record YamlList(IReadOnlyList<YamlNode> Items, Place At) : YamlNode(At)
{
    public override string Description => "a list";
}

/// <summary>A map, in the order of the file.</summary>
internal sealed record YamlMap(IReadOnlyList<(YamlScalar Key, YamlNode Value)> Entries, Place At) : YamlNode(At)
{
    public override string Description => "a map";
}
