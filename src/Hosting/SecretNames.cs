using System.Buffers;

namespace BuildFarm.Hosting;

/// <summary>What a secret may be called: a name is a file's too, in the operator's folder and in the task's.</summary>
public static class SecretNames
{
    /// <summary>Of one task.</summary>
    public const int Most = 16;

    /// <summary>What <see cref="IsName"/> asks of a name, for messages.</summary>
    public const string Rule = "the name of a secret has 1 to 64 letters, digits, '-', '_' or '.', and begins with a letter, a digit or '_'";

    private const string Beginnings = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

    private static readonly SearchValues<char> Characters = SearchValues.Create(Beginnings + "-.");

    /// <summary>Whether a secret may be called this. Such a name is one segment of a path, and neither hidden nor a way up.</summary>
    public static bool IsName(string name) =>
        name is { Length: > 0 and <= 64 } && Beginnings.Contains(name[0], StringComparison.Ordinal) && name.AsSpan().IndexOfAnyExcept(Characters) < 0;
}
