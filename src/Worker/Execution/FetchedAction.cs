using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Worker.Execution;

/// <summary>An Action with its Command.</summary>
internal sealed record FetchedAction(Reapi.Action Action, Reapi.Command Command)
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
