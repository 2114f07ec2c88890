namespace BuildFarm.EndToEnd.Tests.Fuzzing;

/// <summary>Texts that break what reads them: names of resources, and whatever else is text.</summary>
internal sealed class FuzzTexts(Random random, FuzzCorpus corpus)
{
    private static readonly string[] Odd =
    [
        "", " ", "/", "//", ".", "..", "../..", "../../../../etc/passwd", "a/../b", "\0", "a\0b", "\r\n", "%00", "%s%n%d", "{0}{1}", "${HOME}", "$(reboot)", "'\"`", "-", "--help",
        "é", "\u202e", "\ufeff", "𝔘", "null", "NaN", "-1", "0", "18446744073709551616", "99999999999999999999999", "1e9", "0x10", "true", "blobs", "uploads", "operations", "actionResults", "logstreams",
    ];

    private static readonly string[] Words =
    [
        "blobs", "uploads", "compressed-blobs", "zstd", "deflate", "brotli", "identity", "sha256", "sha256tree", "blake3", "sha1", "md5", "logstreams", "stdout", "stderr", "operations", "actions", "capabilities", "main", "0", "1", "-1",
    ];

    /// <summary>Any text.</summary>
    public string Any() => random.Next(8) switch
    {
        0 or 1 => Odd[random.Next(Odd.Length)],
        2 => Long(random.Next(1, 6000)),
        3 => Resource(),
        4 => corpus.Names[random.Next(corpus.Names.Count)],
        5 => new string([.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => (char)random.Next(1, 0xd800))]),
        _ => $"name{random.Next(100)}",
    };

    /// <summary>A text that the field of this name might really have, as a rule.</summary>
    public string For(string field) => field switch
    {
        "instance_name" => random.Next(10) > 0 ? "" : Any(),
        "resource_name" => random.Next(5) > 0 ? Resource() : Any(),
        "hash" => Hash(),
        "name" or "job_id" or "execution_id" or "page_token" or "parent" => random.Next(2) > 0 ? corpus.Names[random.Next(corpus.Names.Count)] : Any(),
        _ => Any(),
    };

    /// <summary>The name of a blob, an upload or a log stream, right or changed in a segment or a character.</summary>
    public string Resource()
    {
        var right = corpus.Resources[random.Next(corpus.Resources.Count)];
        var name = random.Next(6) switch
        {
            0 => right,
            1 => $"uploads/{new Guid(Bytes(16)):D}/{right}",
            2 => $"{Words[random.Next(Words.Length)]}/{right}",
            3 => $"{right}/{Any()}",
            _ => right,
        };
        for (var left = random.Next(4); left > 0; left--)
        {
            name = Change(name);
        }

        return name;
    }

    /// <summary>A hash that is there, absent, or none.</summary>
    public string Hash()
    {
        var right = corpus.Digests[random.Next(corpus.Digests.Count)].Hash;
        return random.Next(8) switch
        {
            0 => Convert.ToHexStringLower(Bytes(32)),
            1 => right.ToUpperInvariant(),
            2 => right[..random.Next(right.Length)],
            3 => right + "0",
            4 => Convert.ToHexStringLower(Bytes(new[] { 16, 20, 48, 64, 33 }[random.Next(5)])),
            5 => Any(),
            _ => right,
        };
    }

    private string Change(string name)
    {
        var segments = name.Split('/').ToList();
        var at = random.Next(segments.Count);
        switch (random.Next(8))
        {
            case 0:
                segments.RemoveAt(at);
                break;
            case 1:
                segments.Insert(at, segments[random.Next(segments.Count)]);
                break;
            case 2:
                segments[at] = Words[random.Next(Words.Length)];
                break;
            case 3:
                segments[at] = Any();
                break;
            case 4:
                segments[at] = Hash();
                break;
            case 5:
                segments[at] = $"{new long[] { 0, -1, 1, int.MaxValue, long.MaxValue, long.MinValue, 4 << 20 }[random.Next(7)]}";
                break;
            case 6:
                segments.Reverse();
                break;
            default:
                segments[at] = segments[at].Insert(random.Next(segments[at].Length + 1), Odd[random.Next(Odd.Length)]);
                break;
        }

        return string.Join('/', segments);
    }

    private string Long(int length) => new((char)random.Next('!', '~'), length);

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
