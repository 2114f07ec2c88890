using BuildFarm.Digests;

namespace BuildFarm.Coordinator.Why;

/// <summary>An action that had no result when one was needed, with what tells which other actions are like it.</summary>
/// <param name="InstanceName">Whose.</param>
/// <param name="Environment">What tasks of the instance saw then.</param>
/// <param name="Action">Its digest.</param>
/// <param name="JobId">For which job.</param>
/// <param name="Task">Name of the task; of a REAPI client's the target and mnemonic, where it says them.</param>
/// <param name="Outputs">Stands for where it writes; empty when it has no outputs.</param>
/// <param name="Program">The program that it runs.</param>
/// <param name="At">When.</param>
public sealed record SeenAction(
    string InstanceName, string Environment, Digest Action, string JobId, string Task, string Outputs, string Program, DateTimeOffset At)
{
    /// <summary>Its place among all: later ones have greater numbers. 0 before it is kept.</summary>
    public long Number { get; init; }
}
