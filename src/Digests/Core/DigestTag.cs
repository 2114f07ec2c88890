namespace BuildFarm.Digests;

/// <summary>
/// What the one reference of a <see cref="Digest"/> refers to: its function, and of a hash that is longer than a digest holds inline the
/// rest. Short digests of a function share one, so only long ones allocate.
/// </summary>
internal sealed class DigestTag(DigestFunction function, ulong word4 = 0, ulong word5 = 0, ulong word6 = 0, ulong word7 = 0) : IEquatable<DigestTag>
{
    public DigestFunction Function => function;

    public ulong Word4 => word4;

    public ulong Word5 => word5;

    public ulong Word6 => word6;

    public ulong Word7 => word7;

    public bool Equals(DigestTag? other) =>
        other is not null && ReferenceEquals(function, other.Function)
        && word4 == other.Word4 && word5 == other.Word5 && word6 == other.Word6 && word7 == other.Word7;

    public override bool Equals(object? obj) => obj is DigestTag other && Equals(other);

    public override int GetHashCode() => word4.GetHashCode();

    /// <summary>Orders by the words.</summary>
    public int Order(DigestTag other)
    {
        var order = word4.CompareTo(other.Word4);
        if (order == 0)
            order = word5.CompareTo(other.Word5);
        if (order == 0)
            order = word6.CompareTo(other.Word6);
        return order != 0 ? order : word7.CompareTo(other.Word7);
    }
}
