using System.Collections.Immutable;

namespace BuildFarm.Scheduling.Commands;

/// <summary>A worker said what it does. May be late or repeated; one of another incarnation than the linked one is ignored.</summary>
/// <param name="Worker">Which.</param>
/// <param name="Incarnation">Of its process.</param>
/// <param name="Draining">Whether it wants no new attempts.</param>
/// <param name="AppliedRevision">
/// Of the newest desired state of this stream that this report takes account of; 0 before the first. It tells an attempt that the
/// worker has ended from one that it has not heard of yet, and so when capacity is really free.
/// </param>
/// <param name="Attempts">Everything it has: what runs, and what has finished until it is no longer desired.</param>
public sealed record WorkerReported(
    WorkerId Worker,
    string Incarnation,
    bool Draining,
    long AppliedRevision,
    ImmutableArray<AttemptReport> Attempts) : Command;
