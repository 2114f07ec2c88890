using System.Buffers;
using BuildFarm.Worker.Containers;

namespace BuildFarm.Worker.Logs;

/// <summary>
/// Puts stars in the place of a task's secrets in one stream of its log: a value as it is, and of one with several lines each line that is long
/// enough to tell. A value may come in pieces, so what could be the beginning of one waits for what follows.
/// </summary>
internal sealed class SecretMask
{
    private const int ShortestValue = 4;
    private const int ShortestLine = 8;
    private const int MostLines = 256;

    private readonly byte[][] _values;
    private readonly ArrayBufferWriter<byte> _waiting = new();
    private readonly ArrayBufferWriter<byte> _passed = new();

    private SecretMask(byte[][] values) => _values = values;

    private static ReadOnlySpan<byte> Stars => "***"u8;

    /// <summary>Null when there is nothing to look for.</summary>
    public static SecretMask? Of(IReadOnlyList<TaskSecret> secrets)
    {
        var values = new List<byte[]>();
        foreach (var secret in secrets)
        {
            Add(values, secret.Value.Span.Trim("\r\n"u8), ShortestValue);
            foreach (var line in Lines(secret.Value))
                Add(values, line.Span.TrimEnd((byte)'\r'), ShortestLine);
        }

        // The longest first: one may begin like another.
        return values.Count == 0 ? null : new SecretMask([.. values.OrderByDescending(static value => value.Length)]);
    }

    /// <summary>What may be told of the stream after these bytes; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Pass(ReadOnlySpan<byte> bytes)
    {
        _waiting.Write(bytes);
        return Move(BeginningOfAValue(_waiting.WrittenSpan));
    }

    /// <summary>The rest, when nothing follows; valid until the next call.</summary>
    public ReadOnlyMemory<byte> End() => Move(_waiting.WrittenCount);

    /// <summary>A text of the worker's own that may quote the task.</summary>
    public byte[] Whole(ReadOnlySpan<byte> text)
    {
        _waiting.Write(text);
        return End().ToArray();
    }

    private static void Add(List<byte[]> values, ReadOnlySpan<byte> value, int shortest)
    {
        if (value.Length >= shortest)
            values.Add(value.ToArray());
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Lines(ReadOnlyMemory<byte> value)
    {
        for (var lines = 0; lines < MostLines; lines++)
        {
            var end = value.Span.IndexOf((byte)'\n');
            if (end < 0)
                break;
            yield return value[..end];
            value = value[(end + 1)..];
        }

        yield return value;
    }

    /// <summary>Moves what begins before a place, values that reach beyond it as a whole.</summary>
    private ReadOnlyMemory<byte> Move(int before)
    {
        _passed.ResetWrittenCount();
        var text = _waiting.WrittenSpan;
        var at = 0;
        while (at < before)
        {
            var (found, length) = Find(text[at..]);
            if (found < 0 || at + found >= before)
                break;
            _passed.Write(text.Slice(at, found));
            _passed.Write(Stars);
            at += found + length;
        }

        if (at < before)
        {
            _passed.Write(text[at..before]);
            at = before;
        }

        var rest = text[at..].ToArray();
        _waiting.ResetWrittenCount();
        _waiting.Write(rest);
        return _passed.WrittenMemory;
    }

    /// <summary>The first value in a text, of several that begin there the longest.</summary>
    private (int At, int Length) Find(ReadOnlySpan<byte> text)
    {
        var (at, length) = (-1, 0);
        foreach (var value in _values)
        {
            var found = (at < 0 ? text : text[..Math.Min(text.Length, at + value.Length - 1)]).IndexOf(value);
            if (found >= 0)
                (at, length) = (found, value.Length);
        }

        return (at, length);
    }

    /// <summary>From where on a text may be the beginning of a value; its end when nowhere.</summary>
    private int BeginningOfAValue(ReadOnlySpan<byte> text)
    {
        for (var at = Math.Max(0, text.Length - _values[0].Length + 1); at < text.Length; at++)
        {
            foreach (var value in _values)
            {
                if (value.Length > text.Length - at && value.AsSpan().StartsWith(text[at..]))
                    return at;
            }
        }

        return text.Length;
    }
}
