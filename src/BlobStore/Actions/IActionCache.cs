using Build.Bazel.Remote.Execution.V2;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.BlobStore.Actions;

/// <summary>Key of an action-cache entry (design decision 7: the environment is in the key, not in the Action).</summary>
/// <param name="InstanceName">REAPI instance name; empty for the default one.</param>
/// <param name="Environment">Identity of the root and prelude that the instance's tasks see.</param>
/// <param name="Action">Digest of the REAPI Action.</param>
public readonly record struct ActionKey(string InstanceName, string Environment, Digest Action)
{
    /// <summary>False when the client named the action by its hash alone, as over HTTP: then the digest's size says nothing.</summary>
    public bool SizeIsKnown { get; init; } = true;
}

/// <summary>How an entry came to be (design decision 8).</summary>
public enum EntryKind
{
    /// <summary>Written by the coordinator after a live lease, with all outputs present.</summary>
    Executed = 1,

    /// <summary>Uploaded by a client that may.</summary>
    Asserted = 2,
}

/// <summary>An action-cache entry with its provenance.</summary>
/// <param name="Result">The stored result.</param>
/// <param name="Kind">Executed or asserted.</param>
/// <param name="Producer">The worker that ran it, or the client that uploaded it.</param>
/// <param name="StoredAt">When it was written.</param>
public sealed record ActionEntry(ActionResult Result, EntryKind Kind, string Producer, DateTimeOffset StoredAt)
{
    /// <summary>It came from a front over several nodes, and its blobs may lie on others than this one.</summary>
    public bool BlobsAreElsewhere { get; init; }
}

/// <summary>Maps actions to results. An entry that cannot be read is a miss, never an error.</summary>
public interface IActionCache
{
    /// <summary>The entry, or null.</summary>
    ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken);

    /// <summary>Stores or replaces; durable when the task completes.</summary>
    ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken);
}

/// <summary>One that can stand among others as a tier or a node, and is given copies of what those have.</summary>
public interface IActionTier : IActionCache
{
    /// <summary>
    /// Keeps a copy of what was read elsewhere, unless the key has an entry by now: what was stored or deleted since the copy was
    /// read is newer. What stands for a deletion is an entry like any other.
    /// </summary>
    /// <returns>Whether the copy was kept.</returns>
    ValueTask<bool> FillAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken);
}
