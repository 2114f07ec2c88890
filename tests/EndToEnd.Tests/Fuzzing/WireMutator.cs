namespace BuildFarm.EndToEnd.Tests.Fuzzing;

/// <summary>Changes bytes without regard for what they mean, and in ways that readers of protobufs fear.</summary>
internal static class WireMutator
{
    private static readonly byte[] Boundaries = [0x00, 0x01, 0x07, 0x0a, 0x7f, 0x80, 0xff];

    public static byte[] Mutate(byte[] bytes, Random random)
    {
        for (var left = random.Next(1, 4); left > 0; left--)
        {
            bytes = Once(bytes, random);
        }

        return bytes;
    }

    /// <summary>A field of messages in messages, deeper than any reader goes.</summary>
    public static byte[] Nested(int field, int depth)
    {
        byte[] inner = [];
        for (var i = 0; i < depth; i++)
        {
            inner = [(byte)((field << 3) | 2), .. Varint((ulong)inner.Length), .. inner];
        }

        return inner;
    }

    private static byte[] Once(byte[] bytes, Random random)
    {
        var at = random.Next(bytes.Length + 1);
        var length = random.Next(Math.Min(bytes.Length - at, 64) + 1);
        switch (random.Next(12))
        {
            case 0 when at < bytes.Length:
                bytes = [.. bytes];
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1 when at < bytes.Length:
                bytes = [.. bytes];
                bytes[at] = Boundaries[random.Next(Boundaries.Length)];
                return bytes;
            case 2:
                return bytes[..at];
            case 3:
                var inserted = new byte[random.Next(1, 32)];
                random.NextBytes(inserted);
                return [.. bytes[..at], .. inserted, .. bytes[at..]];
            case 4:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 5:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            case 6:
                return [.. bytes[at..], .. bytes[..at]];
            case 7:
                // A number of eleven bytes.
                return [.. bytes[..at], 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, .. bytes[at..]];
            case 8:
                // Two gigabytes are announced.
                return [.. bytes[..at], 0xff, 0xff, 0xff, 0xff, 0x07, .. bytes[Math.Min(at + 1, bytes.Length)..]];
            case 9:
                // Groups that begin and do not end.
                return [.. bytes, .. Enumerable.Repeat((byte)0x0b, random.Next(1, 400))];
            case 10:
                return [.. bytes, .. Nested(random.Next(1, 16), random.Next(90, 400))];
            default:
                // Text that is no UTF-8, and a half of a surrogate pair.
                return [.. bytes[..at], 0xed, 0xa0, 0x80, 0xfe, .. bytes[at..]];
        }
    }

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value > 0x7f; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
