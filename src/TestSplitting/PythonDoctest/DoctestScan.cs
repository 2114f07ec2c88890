namespace BuildFarm.TestSplitting.PythonDoctest;

/// <summary>A quick look at whether a file may hold doctests: some line begins with the prompt, after spaces. No file is parsed.</summary>
public static class DoctestScan
{
    private const int LongestLineLooked = 64 * 1024;

    public static bool IsModule(string path) => path.EndsWith(".py", StringComparison.Ordinal);

    /// <summary>Whether doctest may be asked to run such a file.</summary>
    public static bool IsCandidate(string path) =>
        IsModule(path) || path.EndsWith(".rst", StringComparison.Ordinal) || path.EndsWith(".txt", StringComparison.Ordinal);

    /// <summary>Reads up to the first prompt.</summary>
    public static async ValueTask<bool> HasPromptAsync(Stream content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(LongestLineLooked);
        try
        {
            var filled = 0;
            while (true)
            {
                var read = await content.ReadAsync(buffer.AsMemory(filled, LongestLineLooked - filled), cancellationToken).ConfigureAwait(false);
                filled += read;
                var lines = buffer.AsSpan(0, filled);
                if (AnyLineBeginsWithPrompt(ref lines, atEnd: read == 0))
                    return true;
                if (read == 0)
                    return false;
                // What is left has no line end yet. A line that fills the buffer is no source line; its rest is taken for lines of their own.
                filled = lines.Length == LongestLineLooked ? 0 : lines.Length;
                lines[..filled].CopyTo(buffer);
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool AnyLineBeginsWithPrompt(ref Span<byte> lines, bool atEnd)
    {
        while (!lines.IsEmpty)
        {
            var end = lines.IndexOf((byte)'\n');
            if (end < 0 && !atEnd)
                return false;
            var line = (end < 0 ? lines : lines[..end]).TrimStart(" \t"u8).TrimEnd((byte)'\r');
            if (line.StartsWith(">>> "u8) || line.SequenceEqual(">>>"u8))
                return true;
            lines = end < 0 ? [] : lines[(end + 1)..];
        }

        return false;
    }
}
