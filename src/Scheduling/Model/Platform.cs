using System.Collections.Immutable;
using System.Text;

namespace BuildFarm.Scheduling;

/// <summary>
/// Platform properties: what a task requires or a pool offers. Sorted by name, compared by value, never changed.
/// </summary>
public sealed class Platform : IEquatable<Platform>
{
    private readonly int _hash;

    private Platform(ImmutableArray<KeyValuePair<string, string>> properties)
    {
        Properties = properties;
        var hash = new HashCode();
        foreach (var (name, value) in properties)
        {
            hash.Add(name, StringComparer.Ordinal);
            hash.Add(value, StringComparer.Ordinal);
        }

        _hash = hash.ToHashCode();
    }

    /// <summary>No property: a task that runs anywhere, a pool that offers nothing special.</summary>
    public static Platform Empty { get; } = new([]);

    /// <summary>The properties, sorted by name in ordinal order.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Properties { get; }

    /// <summary>Makes a platform from properties in any order.</summary>
    /// <exception cref="ArgumentException">A name occurs twice.</exception>
    public static Platform Of(IEnumerable<KeyValuePair<string, string>> properties)
    {
        var sorted = properties.ToImmutableArray().Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        for (var i = 1; i < sorted.Length; i++)
        {
            if (string.Equals(sorted[i - 1].Key, sorted[i].Key, StringComparison.Ordinal))
            {
                throw new ArgumentException($"The platform property '{sorted[i].Key}' occurs twice.", nameof(properties));
            }
        }

        return sorted.IsEmpty ? Empty : new Platform(sorted);
    }

    /// <summary>Makes a platform from pairs in any order.</summary>
    public static Platform Of(params ReadOnlySpan<(string Name, string Value)> properties)
    {
        var pairs = new KeyValuePair<string, string>[properties.Length];
        for (var i = 0; i < pairs.Length; i++)
        {
            pairs[i] = new(properties[i].Name, properties[i].Value);
        }

        return Of(pairs);
    }

    /// <summary>The value of a property, or null.</summary>
    public string? ValueOf(string name)
    {
        foreach (var (candidate, value) in Properties)
        {
            if (string.Equals(candidate, name, StringComparison.Ordinal))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Whether everything that <paramref name="requirement"/> asks for is offered here with the same value.</summary>
    public bool Satisfies(Platform requirement) => FirstMissing(requirement) is null;

    /// <summary>The first property of <paramref name="requirement"/>, by name, that is not offered here; null when all are.</summary>
    public KeyValuePair<string, string>? FirstMissing(Platform requirement)
    {
        foreach (var wanted in requirement.Properties)
        {
            if (!string.Equals(ValueOf(wanted.Key), wanted.Value, StringComparison.Ordinal))
            {
                return wanted;
            }
        }

        return null;
    }

    /// <inheritdoc />
    public bool Equals(Platform? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        return other is not null && _hash == other._hash && Properties.AsSpan().SequenceEqual(other.Properties.AsSpan());
    }

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as Platform);

    /// <inheritdoc />
    public override int GetHashCode() => _hash;

    /// <summary>As <c>arch=x86_64 os=linux</c>; empty when there is no property.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, value) in Properties)
        {
            text.Append(text.Length == 0 ? "" : " ").Append(name).Append('=').Append(value);
        }

        return text.ToString();
    }
}
