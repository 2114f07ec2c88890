using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Digests.Trees;

/// <summary>Outputs to lay over a tree.</summary>
/// <param name="Owner">Whose they are, for errors: the name of a task.</param>
/// <param name="WorkingDirectory">What the result's paths are relative to, itself relative to the root; empty for the root.</param>
/// <param name="Result">Its output files, directories and symlinks count, nothing else.</param>
public sealed record TreeLayer(string Owner, string WorkingDirectory, Reapi.ActionResult Result);
