using Build.Bazel.Remote.Execution.V2;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>An Action that the CAS has, with everything that it refers to.</summary>
/// <param name="Digest">Of the Action.</param>
/// <param name="Action">The message.</param>
/// <param name="Command">The message that it names.</param>
public sealed record CheckedAction(Digest Digest, Build.Bazel.Remote.Execution.V2.Action Action, Command Command)
{
    /// <summary>The Action's, else the Command's: REAPI 2.2 moved it.</summary>
#pragma warning disable CS0612 // Clients before REAPI 2.2 say it in the Command.
    public Platform? Platform => Action.Platform ?? Command.Platform;
#pragma warning restore CS0612
}
