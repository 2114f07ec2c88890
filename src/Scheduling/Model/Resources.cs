namespace BuildFarm.Scheduling;

/// <summary>Shares of a worker.</summary>
/// <param name="CpuMillis">Thousandths of a CPU. In a task's spec 0 means one CPU.</param>
/// <param name="MemoryBytes">Bytes. In a task's spec 0 means the pool's default.</param>
public readonly record struct Resources(long CpuMillis, long MemoryBytes)
{
    /// <summary>Nothing at all.</summary>
    public static Resources None => default;

    /// <summary>Whether this much can be taken out of <paramref name="room"/>.</summary>
    public bool FitsIn(Resources room) => CpuMillis <= room.CpuMillis && MemoryBytes <= room.MemoryBytes;

    public static Resources operator +(Resources left, Resources right) =>
        new(left.CpuMillis + right.CpuMillis, left.MemoryBytes + right.MemoryBytes);

    public static Resources operator -(Resources left, Resources right) =>
        new(left.CpuMillis - right.CpuMillis, left.MemoryBytes - right.MemoryBytes);

    /// <summary>The same as the plus operator.</summary>
    public static Resources Add(Resources left, Resources right) => left + right;

    /// <summary>The same as the minus operator.</summary>
    public static Resources Subtract(Resources left, Resources right) => left - right;
}
