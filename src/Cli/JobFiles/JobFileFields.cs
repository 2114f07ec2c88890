using System.Globalization;
using BuildFarm.Cli.Inputs;
using BuildFarm.Hosting;
using BuildFarm.Scheduling;

namespace BuildFarm.Cli.JobFiles;

/// <summary>Turns YAML values into the types of a job file's keys, or says at which place they are not.</summary>
internal sealed class JobFileFields(string path)
{
    public string Path => path;

    public void RefuseUnknown(YamlMap map, string[] known, string what)
    {
        foreach (var (key, _) in map.Entries)
        {
            if (!known.Contains(key.Text, StringComparer.Ordinal))
            {
                throw JobFileErrors.At(path, key.At, $"'{key.Text}' is not a key of {what}{JobFileErrors.Suggest(key.Text, known)}");
            }
        }
    }

    public Located Text(YamlScalar key, YamlNode value)
    {
        if (value is YamlScalar { IsNull: false } scalar)
        {
            return new Located(scalar.Text, scalar.At);
        }

        throw Wrong(key, value, "a text");
    }

    public IReadOnlyList<Located> Texts(YamlScalar key, YamlNode value) => value switch
    {
        YamlList list => [.. list.Items.Select(item => Text(key, item))],
        YamlScalar { IsNull: false } scalar => [new Located(scalar.Text, scalar.At)],
        _ => throw Wrong(key, value, "a list of texts"),
    };

    public RunLine Run(YamlNode value)
    {
        switch (value)
        {
            case YamlScalar { IsNull: false } scalar when !string.IsNullOrWhiteSpace(scalar.Text):
                return new RunLine(true, [scalar.Text], scalar.At);
            case YamlList { Items.Count: > 0 } list:
                var words = list.Items.Select(item => item is YamlScalar word
                    ? word.Text
                    : throw JobFileErrors.At(path, item.At, $"an argument of 'run' must be a text, found {item.Description}; quote it."));
                return new RunLine(false, [.. words], list.At);
            default:
                throw JobFileErrors.At(path, value.At, $"'run' must be a shell line or a list of arguments, found {Describe(value)}.");
        }
    }

    public Located Pattern(YamlScalar key, YamlNode value)
    {
        var text = Text(key, value);
        return InputPatterns.Objection(text.Text) is { } objection
            ? throw JobFileErrors.At(path, text.At, $"the pattern '{text.Text}' of '{key.Text}' {objection}.")
            : text;
    }

    public IReadOnlyList<Located> Patterns(YamlScalar key, YamlNode value)
    {
        var patterns = Texts(key, value);
        foreach (var pattern in patterns)
        {
            if (InputPatterns.Objection(pattern.Text) is { } objection)
            {
                throw JobFileErrors.At(path, pattern.At, $"the pattern '{pattern.Text}' of '{key.Text}' {objection}.");
            }
        }

        return patterns;
    }

    public IReadOnlyList<string> Exclusive(YamlScalar key, YamlNode value)
    {
        var names = Texts(key, value);
        foreach (var (index, name) in names.Index())
        {
            if (!ExclusiveNames.IsName(name.Text))
            {
                throw JobFileErrors.At(path, name.At, $"'{name.Text}' cannot be exclusive: {ExclusiveNames.Rule}.");
            }

            if (index >= ExclusiveNames.Most || names.Take(index).Any(earlier => earlier.Text == name.Text))
            {
                throw JobFileErrors.At(path, name.At, $"'{key.Text}' has '{name.Text}' twice or more than {ExclusiveNames.Most} names; leave it out.");
            }
        }

        return [.. names.Select(name => name.Text)];
    }

    public IReadOnlyList<string> Secrets(YamlScalar key, YamlNode value)
    {
        var names = Texts(key, value);
        foreach (var (index, name) in names.Index())
        {
            if (!SecretNames.IsName(name.Text))
            {
                throw JobFileErrors.At(path, name.At, $"'{name.Text}' cannot be a secret: {SecretNames.Rule}.");
            }

            if (index >= SecretNames.Most || names.Take(index).Any(earlier => earlier.Text == name.Text))
            {
                throw JobFileErrors.At(path, name.At, $"'{key.Text}' has '{name.Text}' twice or more than {SecretNames.Most} names; leave it out.");
            }
        }

        return [.. names.Select(name => name.Text)];
    }

    public IReadOnlyList<Located> OutputPaths(YamlScalar key, YamlNode value)
    {
        var paths = Texts(key, value);
        foreach (var output in paths)
        {
            if (OutputPath.Objection(output.Text) is { } objection)
            {
                throw JobFileErrors.At(path, output.At, $"the output '{output.Text}' {objection}.");
            }
        }

        return [.. paths.Select(output => output with { Text = OutputPath.Normalize(output.Text) })];
    }

    public long Cpu(YamlScalar key, YamlNode value) =>
        value is YamlScalar scalar && Quantity.CpuMillis(scalar.Text) is { } millis ? millis : throw Wrong(key, value, "a number of CPUs such as 2 or 0.5");

    public long Memory(YamlScalar key, YamlNode value) =>
        value is YamlScalar scalar && Quantity.Bytes(scalar.Text) is { } bytes ? bytes : throw Wrong(key, value, "an amount such as 512M or 2G");

    public TimeSpan Time(YamlScalar key, YamlNode value) =>
        value is YamlScalar scalar && Quantity.Time(scalar.Text) is { } time ? time : throw Wrong(key, value, "a time such as 90s, 10m or 1h30m");

    public int Number(YamlScalar key, YamlNode value, int least, int most) =>
        value is YamlScalar scalar && int.TryParse(scalar.Text, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Wrong(key, value, $"a whole number from {least} to {most}");

    public IReadOnlyDictionary<string, long> Amounts(YamlScalar key, YamlNode value)
    {
        if (value is not YamlMap map)
        {
            throw Wrong(key, value, "a map of names to amounts, such as gpu: 1");
        }

        var amounts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, amount) in map.Entries)
        {
            amounts[name.Text] = amount is YamlScalar scalar && long.TryParse(scalar.Text, CultureInfo.InvariantCulture, out var count) && count > 0
                ? count
                : throw JobFileErrors.At(path, amount.At, $"the amount of {name.Text} must be a whole number above 0, found {amount.Description}.");
        }

        return amounts;
    }

    public bool Flag(YamlScalar key, YamlNode value) => value is YamlScalar { Plain: true } scalar
        ? scalar.Text switch { "true" or "yes" or "on" => true, "false" or "no" or "off" => false, _ => throw Wrong(key, value, "true or false") }
        : throw Wrong(key, value, "true or false");

    public string OneOf(YamlScalar key, YamlNode value, params string[] choices)
    {
        var text = Text(key, value).Text;
        return choices.Contains(text, StringComparer.Ordinal) ? text : throw Wrong(key, value, string.Join(" or ", choices));
    }

    public IReadOnlyDictionary<string, string> Environment(YamlScalar key, YamlNode value)
    {
        if (value is not YamlMap map)
        {
            throw Wrong(key, value, "a map of names to texts");
        }

        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, text) in map.Entries)
        {
            if (name.Text.Length == 0 || name.Text.Contains('=', StringComparison.Ordinal) || name.Text.Contains('\0', StringComparison.Ordinal))
            {
                throw JobFileErrors.At(path, name.At, $"'{name.Text}' cannot be the name of an environment variable; rename it.");
            }

            environment[name.Text] = text is YamlScalar scalar
                ? scalar.IsNull ? string.Empty : scalar.Text
                : throw JobFileErrors.At(path, text.At, $"the value of {name.Text} must be a text, found {text.Description}.");
        }

        return environment;
    }

    private static string Describe(YamlNode value) => value is YamlList { Items.Count: 0 } ? "an empty list" : value.Description;

    private FarmException Wrong(YamlScalar key, YamlNode value, string expected) =>
        JobFileErrors.At(path, value.At, $"'{key.Text}' must be {expected}, found {value.Description}.");
}
