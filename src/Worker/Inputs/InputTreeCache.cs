using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Inputs;

/// <summary>
/// Laid-out input roots by digest. Tasks with the same root share one tree; those that nobody uses stay for the next task
/// until there are too many, the longest unused going first.
/// </summary>
internal sealed class InputTreeCache
{
    private readonly string directory;
    private readonly InputTreeBuilder builder;
    private readonly long maxEntries;
    private readonly int maxTrees;
    private readonly Lock gate = new();
    private readonly Dictionary<Digest, Slot> slots = [];
    private readonly LinkedList<Slot> unused = new();
    private long entries;
    private long made;

    /// <param name="directory">A folder of the cache's own, emptied at once: what a predecessor left may be half made.</param>
    /// <param name="builder">Makes trees.</param>
    /// <param name="maxEntries">Files and folders of all trees together, used ones included.</param>
    /// <param name="maxTrees">Trees.</param>
    public InputTreeCache(string directory, InputTreeBuilder builder, long maxEntries, int maxTrees)
    {
        this.directory = directory;
        this.builder = builder;
        this.maxEntries = maxEntries;
        this.maxTrees = maxTrees;
        Directory.CreateDirectory(directory);
        TreeRemover.Empty(directory);
    }

    /// <summary>The tree of a root, made when it is not there.</summary>
    /// <exception cref="InvalidTreeException">The tree breaks a rule or a limit.</exception>
    /// <exception cref="MissingInputsException">Blobs of it are not in the CAS.</exception>
    public async Task<InputTree> UseAsync(Digest root, CancellationToken cancellationToken)
    {
        while (true)
        {
            Slot slot;
            bool mine;
            lock (gate)
            {
                mine = !slots.TryGetValue(root, out slot!);
                if (mine)
                    slots[root] = slot = new Slot(root, Path.Combine(directory, OwnName()));
                Take(slot);
            }

            if (mine)
                await BuildAsync(slot, cancellationToken);
            // Who was making it may have failed or given up; this caller then tries in its place and gets its own error.
            if (mine || await WaitForBuildAsync(slot, cancellationToken))
                return new InputTree(slot.Path, () => Release(slot));
        }
    }

    private async Task<bool> WaitForBuildAsync(Slot slot, CancellationToken cancellationToken)
    {
        var built = false;
        try
        {
            return built = await slot.Built.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            if (!built)
                Release(slot);
        }
    }

    private string OwnName() => (++made).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private async Task BuildAsync(Slot slot, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(slot.Path);
            var summary = await builder.BuildAsync(slot.Root, slot.Path, cancellationToken);
            lock (gate)
            {
                slot.Entries = summary.Entries;
                entries += summary.Entries;
            }

            slot.Built.SetResult(true);
        }
        catch
        {
            lock (gate)
            {
                slot.Failed = true;
                slots.Remove(slot.Root);
            }

            slot.Built.SetResult(false);
            Release(slot);
            throw;
        }
    }

    private void Take(Slot slot)
    {
        slot.Users++;
        if (slot.Unused is null)
            return;
        unused.Remove(slot.Unused);
        slot.Unused = null;
    }

    private void Release(Slot slot)
    {
        var gone = new List<Slot>();
        lock (gate)
        {
            if (--slot.Users > 0)
                return;
            if (slot.Failed)
                gone.Add(slot);
            else
                slot.Unused = unused.AddLast(slot);
            while (unused.First is { } oldest && (entries > maxEntries || slots.Count > maxTrees))
            {
                unused.RemoveFirst();
                slots.Remove(oldest.Value.Root);
                entries -= oldest.Value.Entries;
                gone.Add(oldest.Value);
            }
        }

        foreach (var tree in gone)
            TreeRemover.Remove(tree.Path);
    }

    private sealed class Slot(Digest root, string path)
    {
        public Digest Root => root;

        public string Path => path;

        public TaskCompletionSource<bool> Built { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Users { get; set; }

        public long Entries { get; set; }

        public bool Failed { get; set; }

        public LinkedListNode<Slot>? Unused { get; set; }
    }
}
