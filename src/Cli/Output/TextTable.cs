namespace BuildFarm.Cli.Output;

/// <summary>Columns of text, as wide as their widest cell; the last one is as long as it is.</summary>
public sealed class TextTable(params string[] heading)
{
    private readonly List<string[]> _rows = [heading];

    /// <summary>Adds a row of as many cells as the heading has.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>Writes heading and rows; nothing when there are no rows.</summary>
    public void WriteTo(TextWriter to)
    {
        if (_rows.Count == 1)
        {
            return;
        }

        var widths = Enumerable.Range(0, heading.Length).Select(column => _rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in _rows)
        {
            to.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
