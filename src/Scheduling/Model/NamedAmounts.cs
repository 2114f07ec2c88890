using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;

namespace BuildFarm.Scheduling;

/// <summary>
/// Amounts of things that have a name and are only counted: <c>gpu</c>, <c>licence</c>, <c>kept-home</c>. Equal by value; immutable;
/// sorted by name; no amount is zero. Most workers and tasks have none, and share <see cref="None"/>.
/// </summary>
public sealed class NamedAmounts : IEquatable<NamedAmounts>
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    private readonly ImmutableArray<KeyValuePair<string, long>> _amounts;
    private readonly int _hash;

    private NamedAmounts(ImmutableArray<KeyValuePair<string, long>> amounts)
    {
        _amounts = amounts;
        var hash = default(HashCode);
        foreach (var (name, amount) in amounts)
        {
            hash.Add(name, StringComparer.Ordinal);
            hash.Add(amount);
        }

        _hash = hash.ToHashCode();
    }

    /// <summary>What <see cref="IsName"/> asks of a name, for messages.</summary>
    public const string NameRule = "a name has 1 to 64 lower-case letters, digits, '-', '_' or '.', and is neither cpu nor memory";

    /// <summary>Nothing is counted.</summary>
    public static NamedAmounts None { get; } = new([]);

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _amounts.IsEmpty;

    /// <summary>By name, in ordinal order.</summary>
    public ImmutableArray<KeyValuePair<string, long>> Amounts => _amounts;

    /// <summary>Amounts by name; those of zero are left out.</summary>
    /// <exception cref="ArgumentException">A name comes twice.</exception>
    public static NamedAmounts Of(IEnumerable<KeyValuePair<string, long>> amounts)
    {
        var sorted = new List<KeyValuePair<string, long>>(amounts);
        sorted.RemoveAll(static pair => pair.Value == 0);
        sorted.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        for (var i = 1; i < sorted.Count; i++)
        {
            if (string.Equals(sorted[i - 1].Key, sorted[i].Key, StringComparison.Ordinal))
            {
                throw new ArgumentException($"The resource '{sorted[i].Key}' is named twice.", nameof(amounts));
            }
        }

        return sorted.Count == 0 ? None : new NamedAmounts([.. sorted]);
    }

    /// <summary>Of one name; zero when it is not here.</summary>
    public long this[string name]
    {
        get
        {
            foreach (var (key, amount) in _amounts)
            {
                if (string.Equals(key, name, StringComparison.Ordinal))
                {
                    return amount;
                }
            }

            return 0;
        }
    }

    /// <summary>Whether a thing may be called this.</summary>
    public static bool IsName(string name) =>
        name is { Length: > 0 and <= 64 } and not ("cpu" or "memory")
        && name.AsSpan().IndexOfAnyExcept(NameCharacters) < 0;

    /// <summary>Whether none is more than in <paramref name="room"/>.</summary>
    public bool FitsIn(NamedAmounts room) => FirstAbove(room) is null;

    /// <summary>The first that is more than in <paramref name="room"/>; null when all fit.</summary>
    public string? FirstAbove(NamedAmounts room)
    {
        foreach (var (name, amount) in _amounts)
        {
            if (amount > room[name])
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>The sum with <paramref name="other"/>, which counts <paramref name="sign"/> times: 1 to add, -1 to take away.</summary>
    public NamedAmounts Plus(NamedAmounts other, int sign = 1) => other.IsEmpty ? this : Merge(other, (mine, theirs) => mine + (sign * theirs));

    /// <summary>The larger of each.</summary>
    public NamedAmounts Max(NamedAmounts other) => other.IsEmpty ? this : Merge(other, Math.Max);

    /// <inheritdoc />
    public bool Equals(NamedAmounts? other) =>
        ReferenceEquals(this, other) || (other is not null && _hash == other._hash && _amounts.AsSpan().SequenceEqual(other._amounts.AsSpan()));

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as NamedAmounts);

    /// <inheritdoc />
    public override int GetHashCode() => _hash;

    /// <summary>As <c>gpu=2 licence=1</c>.</summary>
    public override string ToString() =>
        string.Join(' ', _amounts.Select(static pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={pair.Value}")));

    private NamedAmounts Merge(NamedAmounts other, Func<long, long, long> combine)
    {
        var merged = new List<KeyValuePair<string, long>>(_amounts.Length + other._amounts.Length);
        foreach (var (name, amount) in _amounts)
        {
            merged.Add(new(name, combine(amount, other[name])));
        }

        foreach (var (name, amount) in other._amounts)
        {
            if (this[name] == 0)
            {
                merged.Add(new(name, combine(0, amount)));
            }
        }

        return Of(merged);
    }
}
