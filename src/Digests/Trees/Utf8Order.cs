namespace BuildFarm.Digests.Trees;

/// <summary>
/// Orders strings by the bytes of their UTF-8 form, which is the order that canonical Directory messages have. It differs from ordinal order,
/// which goes by UTF-16 units, where characters outside the basic plane meet those from U+E000 up.
/// </summary>
public sealed class Utf8Order : IComparer<string>
{
    private Utf8Order()
    {
    }

    public static Utf8Order Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        var common = x.AsSpan().CommonPrefixLength(y);
        if (common == x.Length || common == y.Length)
            return x.Length.CompareTo(y.Length);
        var left = x[common];
        var right = y[common];
        // UTF-8 keeps the order of code points, and a surrogate stands for one above every unit that is not.
        return char.IsSurrogate(left) == char.IsSurrogate(right) ? left.CompareTo(right) : char.IsSurrogate(left) ? 1 : -1;
    }
}
