namespace BuildFarm.Cli.Output;

/// <summary>The beginning and the end of a task's output; never a silent cut: it says how much is left out.</summary>
/// <param name="Head">The first lines.</param>
/// <param name="LeftOut">Lines between, 0 when head and tail are everything.</param>
/// <param name="Tail">The last lines.</param>
public sealed record LogExcerpt(IReadOnlyList<string> Head, long LeftOut, IReadOnlyList<string> Tail)
{
    /// <summary>Lines kept of the beginning when there is too much.</summary>
    public const int HeadLines = 20;

    /// <summary>Lines kept of the end.</summary>
    public const int TailLines = 60;

    /// <summary>Nothing was written.</summary>
    public bool IsEmpty => Head.Count == 0 && Tail.Count == 0;

    /// <summary>Cuts a text.</summary>
    public static LogExcerpt Of(TextReader text, int headLines = HeadLines, int tailLines = TailLines)
    {
        var head = new List<string>();
        var tail = new Queue<string>();
        var leftOut = 0L;
        while (text.ReadLine() is { } line)
        {
            if (head.Count < headLines)
            {
                head.Add(line);
                continue;
            }

            tail.Enqueue(line);
            if (tail.Count > tailLines)
            {
                tail.Dequeue();
                leftOut++;
            }
        }

        return new LogExcerpt(head, leftOut, [.. tail]);
    }

    /// <summary>Writes it, every line indented; <paramref name="command"/> shows the rest.</summary>
    public void WriteTo(TextWriter to, string indent, string command)
    {
        foreach (var line in Head)
        {
            to.WriteLine(indent + TaskText.Clean(line));
        }

        if (LeftOut > 0)
        {
            to.WriteLine($"{indent}… {LeftOut} lines left out; all of it: {command}");
        }

        foreach (var line in Tail)
        {
            to.WriteLine(indent + TaskText.Clean(line));
        }
    }
}
