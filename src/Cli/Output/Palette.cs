namespace BuildFarm.Cli.Output;

/// <summary>Colours of labels, or none: <c>NO_COLOR</c>, a dumb terminal and a pipe have none.</summary>
public sealed class Palette
{
    private readonly bool _on;

    private Palette(bool on) => _on = on;

    /// <summary>Plain text.</summary>
    public static Palette None { get; } = new(on: false);

    /// <summary>The eight colours that every terminal has.</summary>
    public static Palette Ansi { get; } = new(on: true);

    /// <summary>What suits a stream; <paramref name="variable"/> reads the environment.</summary>
    public static Palette For(bool isTerminal, Func<string, string?> variable)
    {
        if (!string.IsNullOrEmpty(variable("NO_COLOR")) || variable("TERM") == "dumb")
        {
            return None;
        }

        // CI logs are no terminals, yet both of these show colours.
        return isTerminal || !string.IsNullOrEmpty(variable("GITHUB_ACTIONS")) || !string.IsNullOrEmpty(variable("GITLAB_CI")) ? Ansi : None;
    }

    /// <summary>A label in the colour of what it says.</summary>
    public string Label(string label) => label.TrimEnd() switch
    {
        "PASS" => Wrap(label, "32"),
        "FLAKY" or "LOST" or "CANCEL" or "QUEUE" or "WAIT" => Wrap(label, "33"),
        "RUN" => Wrap(label, "36"),
        _ => Wrap(label, "1;31"),
    };

    /// <summary>Text that matters less.</summary>
    public string Dim(string text) => Wrap(text, "2");

    /// <summary>Text that matters more.</summary>
    public string Bold(string text) => Wrap(text, "1");

    private string Wrap(string text, string code) => _on && text.Length > 0 ? $"\e[{code}m{text}\e[0m" : text;
}
