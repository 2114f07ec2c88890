using System.Buffers;
using System.Globalization;

namespace BuildFarm.Cli.JobFiles;

/// <summary>Amounts as people write them: <c>512M</c>, <c>1.5G</c>, <c>90s</c>, <c>1h30m</c>, <c>0.5</c> CPUs.</summary>
public static class Quantity
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly (string Suffix, double Bytes)[] ByteUnits =
    [
        ("KiB", 1024), ("MiB", 1048576), ("GiB", 1073741824), ("TiB", 1099511627776),
        ("Ki", 1024), ("Mi", 1048576), ("Gi", 1073741824), ("Ti", 1099511627776),
        ("KB", 1024), ("MB", 1048576), ("GB", 1073741824), ("TB", 1099511627776),
        ("K", 1024), ("M", 1048576), ("G", 1073741824), ("T", 1099511627776), ("B", 1),
    ];

    /// <summary>Bytes; a bare number is bytes, and every unit is a power of 1024. Null when it is not an amount above 0.</summary>
    public static long? Bytes(string text)
    {
        var number = text.AsSpan().Trim();
        var scale = 1.0;
        foreach (var (suffix, bytes) in ByteUnits)
        {
            if (number.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                number = number[..^suffix.Length].TrimEnd();
                scale = bytes;
                break;
            }
        }

        return Number(number) is { } value && value * scale is >= 1 and < 9e18 ? (long)(value * scale) : null;
    }

    /// <summary>Thousandths of a CPU; null when it is not a number above 0.</summary>
    public static long? CpuMillis(string text) =>
        Number(text.AsSpan().Trim()) is { } value && value is > 0 and < 1e9 ? (long)Math.Ceiling(value * 1000) : null;

    /// <summary>A time such as <c>90</c> (seconds), <c>10m</c> or <c>1h30m</c>; null when it is none above 0.</summary>
    public static TimeSpan? Time(string text)
    {
        var rest = text.AsSpan().Trim();
        if (Number(rest) is { } seconds)
        {
            return InRange(seconds);
        }

        var total = 0.0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || Number(rest[..digits]) is not { } value)
            {
                return null;
            }

            rest = rest[digits..];
            var letters = rest.IndexOfAny(NumberCharacters);
            var unit = letters < 0 ? rest : rest[..letters];
            var scale = unit switch { "ms" => 0.001, "s" => 1, "m" => 60, "min" => 60, "h" => 3600, "d" => 86400, _ => 0.0 };
            if (scale == 0)
            {
                return null;
            }

            total += value * scale;
            rest = letters < 0 ? [] : rest[letters..];
        }

        return InRange(total);
    }

    private static TimeSpan? InRange(double seconds) => seconds is > 0 and < 1e9 ? TimeSpan.FromSeconds(seconds) : null;

    private static double? Number(ReadOnlySpan<char> text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : null;
}
