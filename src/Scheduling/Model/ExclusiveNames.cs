using System.Buffers;

namespace BuildFarm.Scheduling;

/// <summary>Names of things that one attempt has at a time, on whatever worker it runs: a kept home, <c>home:sage</c>.</summary>
public static class ExclusiveNames
{
    /// <summary>Of one task.</summary>
    public const int Most = 16;

    /// <summary>What <see cref="IsName"/> asks of a name, for messages.</summary>
    public const string Rule = "the name of an exclusive thing has 1 to 64 lower-case letters, digits, '-', '_', '.', '/' or ':'";

    private static readonly SearchValues<char> Characters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_./:");

    /// <summary>Whether a thing may be called this.</summary>
    public static bool IsName(string name) => name is { Length: > 0 and <= 64 } && name.AsSpan().IndexOfAnyExcept(Characters) < 0;
}
