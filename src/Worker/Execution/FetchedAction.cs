using DigestFunction = BuildFarm.Digests.DigestFunction;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Worker.Execution;

/// <summary>An Action with its Command.</summary>
/// <param name="Action">As the CAS has it.</param>
/// <param name="Command">Its Command.</param>
/// <param name="Function">What its digests are made with, so those of its result too.</param>
internal sealed record FetchedAction(Reapi.Action Action, Reapi.Command Command, DigestFunction Function)
{
    /// <summary>The value of a platform property; empty when there is none.</summary>
    public string Property(string name)
    {
#pragma warning disable CS0612 // As below.
        var platform = Action.Platform ?? Command.Platform;
#pragma warning restore CS0612
        return platform?.Properties.FirstOrDefault(property => property.Name == name)?.Value ?? "";
    }

    /// <summary>The Action's platform, else the Command's (REAPI 2.2 moved it).</summary>
    public bool HasProperty(string name, string value)
    {
#pragma warning disable CS0612 // Clients before REAPI 2.2 say it in the Command.
        var platform = Action.Platform ?? Command.Platform;
#pragma warning restore CS0612
        return platform?.Properties.Any(property => property.Name == name && property.Value == value) == true;
    }
}
