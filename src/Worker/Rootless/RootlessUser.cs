using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Rootless;

/// <summary>The user who runs a worker without root.</summary>
/// <param name="Id">Number.</param>
/// <param name="Group">Number of its group.</param>
/// <param name="Name">Name, or the number where it has none.</param>
internal sealed record RootlessUser(uint Id, uint Group, string Name)
{
    public static RootlessUser OfThisProcess() => new(Libc.EffectiveUser(), Libc.EffectiveGroup(), Environment.UserName);
}
