using Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Worker.Outputs;

/// <summary>What a task made of what it declared. The blobs are stored where others read them.</summary>
internal sealed class CollectedOutputs
{
    /// <summary>Output files, directories and symlinks filled in.</summary>
    public ActionResult Result { get; } = new();

    /// <summary>Declared paths that are not there.</summary>
    public List<string> NotMade { get; } = [];
}
