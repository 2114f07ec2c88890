using System.Collections.Immutable;

namespace BuildFarm.Scheduling;

/// <summary>
/// What a task shares with other tasks and what a worker that ran one of those may still have: its inputs, most of its inputs, its
/// image. The most telling first; the scheduler only compares them, and 0 is no key.
/// </summary>
/// <param name="First">A worker that had this has nearly everything.</param>
/// <param name="Second">A worker that had this has less.</param>
/// <param name="Third">A worker that had this has the least.</param>
public readonly record struct LocalityKeys(long First, long Second, long Third)
{
    /// <summary>No keys.</summary>
    public static LocalityKeys None => default;

    /// <summary>How many there are at most.</summary>
    public const int Most = 3;

    /// <summary>How many there are; those after are 0.</summary>
    public int Count => First == 0 ? 0 : Second == 0 ? 1 : Third == 0 ? 2 : 3;

    /// <summary>Nothing is shared that is known.</summary>
    public bool IsEmpty => First == 0;

    /// <summary>One of them, from 0.</summary>
    public long this[int index] => index switch
    {
        0 => First,
        1 => Second,
        2 => Third,
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    /// <summary>The first three of these, in their order, without zeros and without what comes twice.</summary>
    public static LocalityKeys Of(params ReadOnlySpan<long> keys)
    {
        Span<long> kept = stackalloc long[Most];
        var count = 0;
        foreach (var key in keys)
        {
            if (key != 0 && count < Most && !kept[..count].Contains(key))
            {
                kept[count++] = key;
            }
        }

        return new LocalityKeys(kept[0], kept[1], kept[2]);
    }

    /// <summary>Those that are there.</summary>
    public ImmutableArray<long> ToArray() => Count switch
    {
        0 => [],
        1 => [First],
        2 => [First, Second],
        _ => [First, Second, Third],
    };

    /// <inheritdoc />
    public override string ToString() => string.Join(',', ToArray());
}
