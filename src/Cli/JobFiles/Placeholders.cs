using System.Text;

namespace BuildFarm.Cli.JobFiles;

/// <summary>
/// The placeholders of a <c>for-each</c> task: <c>{file}</c> is the path, <c>{name}</c> its last segment and <c>{stem}</c>
/// that without its extension. <c>${name}</c> is left alone: it belongs to the shell.
/// </summary>
public sealed class Placeholders
{
    private readonly (string Mark, string Value)[] _values;

    /// <summary>The values for one file.</summary>
    public Placeholders(string file) =>
        _values = [("{file}", file), ("{name}", Path.GetFileName(file)), ("{stem}", Path.GetFileNameWithoutExtension(file))];

    /// <summary>True when the text has one.</summary>
    public static bool Occur(string text) => new Placeholders("x").Fill(text) != text;

    /// <summary>The text with the values in it, each passed through <paramref name="quote"/> when there is one.</summary>
    public string Fill(string text, Func<string, string>? quote = null)
    {
        if (!text.Contains('{', StringComparison.Ordinal))
        {
            return text;
        }

        var filled = new StringBuilder(text.Length + 32);
        for (var i = 0; i < text.Length;)
        {
            var found = text[i] == '{' && (i == 0 || text[i - 1] != '$')
                ? Array.Find(_values, value => text.AsSpan(i).StartsWith(value.Mark, StringComparison.Ordinal))
                : default;
            if (found.Mark is null)
            {
                filled.Append(text[i++]);
            }
            else
            {
                filled.Append(quote is null ? found.Value : quote(found.Value));
                i += found.Mark.Length;
            }
        }

        return filled.ToString();
    }
}
