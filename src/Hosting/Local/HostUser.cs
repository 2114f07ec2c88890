using System.Globalization;

namespace BuildFarm.Hosting.Local;

/// <summary>
/// Who runs this process, as others on the machine see it. A farm without root is its own root in a user namespace; who it is
/// outside it was told by an environment variable when it entered.
/// </summary>
public static class HostUser
{
    /// <summary>Set by who enters the namespace: <c>NUMBER:NAME</c>.</summary>
    public const string Variable = "BUILDFARM_HOST_USER";

    /// <summary>Number.</summary>
    public static uint Id => Told() is var (id, _) ? id : OwnerOnlyDirectory.EffectiveUserId();

    /// <summary>Name.</summary>
    public static string Name => Told() is var (_, name) ? name : Environment.UserName;

    private static (uint Id, string Name)? Told() =>
        // Whoever is not root here cannot have entered.
        OwnerOnlyDirectory.EffectiveUserId() == 0
            && Environment.GetEnvironmentVariable(Variable)?.Split(':', 2) is [var id, var name]
            && uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (number, name)
            : null;
}
