namespace BuildFarm.Scheduling;

/// <summary>Shares of a worker.</summary>
/// <param name="CpuMillis">Thousandths of a CPU. In a task's spec 0 means one CPU.</param>
/// <param name="MemoryBytes">Bytes. In a task's spec 0 means the pool's default.</param>
public readonly record struct Resources(long CpuMillis, long MemoryBytes)
{
    private readonly NamedAmounts? _named;

    /// <summary>Nothing at all.</summary>
    public static Resources None => default;

    /// <summary>What else is counted, by name. A task holds what it asks for, and a worker that does not name a thing has none of it.</summary>
    public NamedAmounts Named
    {
        get => _named ?? NamedAmounts.None;
        init => _named = value.IsEmpty ? null : value;
    }

    /// <summary>Whether this much can be taken out of <paramref name="room"/>.</summary>
    public bool FitsIn(Resources room) =>
        CpuMillis <= room.CpuMillis && MemoryBytes <= room.MemoryBytes && (_named is null || _named.FitsIn(room.Named));

    /// <summary>The larger of each.</summary>
    public Resources Max(Resources other) =>
        new(Math.Max(CpuMillis, other.CpuMillis), Math.Max(MemoryBytes, other.MemoryBytes)) { Named = Named.Max(other.Named) };

    /// <summary>Both together.</summary>
    public static Resources operator +(Resources left, Resources right) => Combine(left, right, 1);

    /// <summary>What is left of the left without the right; may be negative.</summary>
    public static Resources operator -(Resources left, Resources right) => Combine(left, right, -1);

    /// <summary>The same as the plus operator.</summary>
    public static Resources Add(Resources left, Resources right) => left + right;

    /// <summary>The same as the minus operator.</summary>
    public static Resources Subtract(Resources left, Resources right) => left - right;

    private static Resources Combine(Resources left, Resources right, int sign)
    {
        var amounts = new Resources(left.CpuMillis + (sign * right.CpuMillis), left.MemoryBytes + (sign * right.MemoryBytes));
        return left._named is null && right._named is null ? amounts : amounts with { Named = left.Named.Plus(right.Named, sign) };
    }
}
