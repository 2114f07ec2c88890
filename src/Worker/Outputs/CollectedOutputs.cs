using Build.Bazel.Remote.Execution.V2;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Worker.Outputs;

/// <summary>What a task made of what it declared. The blobs are in the local store.</summary>
internal sealed class CollectedOutputs
{
    /// <summary>Output files, directories and symlinks filled in.</summary>
    public ActionResult Result { get; } = new();

    /// <summary>Every blob that <see cref="Result"/> names, and every one that its trees name.</summary>
    public HashSet<Digest> Blobs { get; } = [];

    /// <summary>Declared paths that are not there.</summary>
    public List<string> NotMade { get; } = [];
}
