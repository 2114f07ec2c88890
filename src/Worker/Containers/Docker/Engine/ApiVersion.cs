using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>A version of the Docker Engine API: <c>1.41</c>. A daemon speaks its own and every older one down to a limit of its own.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ApiVersion(int Major, int Minor)
{
    /// <summary>Cgroup namespaces of containers came with it (Docker 20.10).</summary>
    public static ApiVersion Oldest => new(1, 41);

    /// <summary>The newest whose answers this client was written for (Docker 28).</summary>
    public static ApiVersion Newest => new(1, 47);

    public static bool TryParse([NotNullWhen(true)] string? text, out ApiVersion version)
    {
        version = default;
        if (text?.Split('.') is not [var major, var minor]
            || !int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var second))
            return false;
        version = new ApiVersion(first, second);
        return true;
    }

    /// <summary>What to speak with a daemon; null when it is too old.</summary>
    public static ApiVersion? Negotiate(ApiVersion daemons) =>
        daemons.IsOlderThan(Oldest) ? null : daemons.IsOlderThan(Newest) ? daemons : Newest;

    public bool IsOlderThan(ApiVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor)) < 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");
}
