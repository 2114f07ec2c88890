using BuildFarm.V1;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Execution.Audit;

/// <summary>
/// Says what a task wrote beside its declared outputs: in its workspace, from the layer that is its own, and in its private folders.
/// Looked at when nothing of the task runs any more, by folder handles, in bounded time and memory.
/// </summary>
internal sealed class LeakAudit
{
    private const int MostEntries = 10_000;
    private const int MostDepth = 64;
    private const int MostExamples = 10;

    private readonly WrittenPlace _place;
    private readonly HashSet<string> _outputs;
    private readonly HashSet<string> _aboveOutputs;
    private readonly DirectoryHandle? _inputs;
    private int _looked;

    private LeakAudit(string place, IReadOnlyCollection<string> outputs, DirectoryHandle? inputs)
    {
        _place = new WrittenPlace { Place = place };
        _outputs = new HashSet<string>(outputs, StringComparer.Ordinal);
        _aboveOutputs = new HashSet<string>(outputs.SelectMany(FoldersAbove), StringComparer.Ordinal);
        _inputs = inputs;
    }

    /// <summary>Everything that one task wrote, a place each; places where it wrote nothing are left out.</summary>
    /// <param name="workspace">As the task had it.</param>
    /// <param name="outputs">Its declared outputs, from the workspace's root, in normal form.</param>
    /// <param name="areas">Its private folders.</param>
    public static IReadOnlyList<WrittenPlace> Look(WorkspaceMount workspace, IReadOnlyCollection<string> outputs, TaskAreas areas)
    {
        var places = new List<WrittenPlace>();
        if (workspace is OverlayMount overlay)
        {
            using var inputs = DirectoryHandle.Open(overlay.Lower);
            places.Add(new LeakAudit("workspace", outputs, inputs).LookAt(overlay.Upper));
        }

        foreach (var (name, path) in (ReadOnlySpan<(string, string?)>)[("home", areas.Home), ("tmp", areas.Temporary), ("shm", areas.SharedMemory), ("run", areas.Runtime)])
        {
            if (path is not null)
                places.Add(new LeakAudit(name, [], inputs: null).LookAt(path));
        }

        places.RemoveAll(static place => place.Entries == 0);
        return places;
    }

    private WrittenPlace LookAt(string path)
    {
        try
        {
            using var folder = DirectoryHandle.Open(path);
            Look(folder, "", depth: 1);
        }
        catch (IOException)
        {
            // It says what it can: no attempt fails for what is only told to people.
            _place.Partial = true;
        }

        return _place;
    }

    private void Look(DirectoryHandle folder, string above, int depth)
    {
        foreach (var entry in folder.Entries(MostEntries).OrderBy(static entry => entry.Shown, StringComparer.Ordinal))
        {
            if (++_looked > MostEntries || depth > MostDepth)
            {
                _place.Partial = true;
                return;
            }

            var path = above.Length == 0 ? entry.Shown : $"{above}/{entry.Shown}";
            if (_outputs.Contains(path) || FileFacts.TryRead(folder.Number, entry.RawName) is not { } facts)
                continue;
            var was = _inputs is null ? null : Was(path, facts.Kind);
            // Folders that are in the layer only because something in them is, or because outputs go there, say nothing.
            if (facts.Kind != FileKind.Directory || (was is null && !_aboveOutputs.Contains(path)))
                Add(path, was, facts);
            if (facts.Kind == FileKind.Directory && folder.TryOpenOnSameMount(entry.RawName, Libc.OpenReadOnly | Libc.OpenDirectory, out _) is { } opened)
            {
                using var child = new DirectoryHandle(opened);
                Look(child, path, depth + 1);
            }
        }
    }

    private void Add(string path, string? was, FileFacts facts)
    {
        _place.Entries++;
        _place.Bytes += facts.DiskBytes;
        if (_place.Examples.Count < MostExamples)
            _place.Examples.Add(was is null ? path : $"{path} ({was})");
    }

    /// <summary>What became of an input; null when there was none. The layer marks what was deleted by a device without a number.</summary>
    private string? Was(string path, FileKind now)
    {
        using var before = _inputs!.TryOpenBeneath(path, Libc.OpenPath, out _);
        if (before is null)
            return null;
        return now == FileKind.Other ? "an input, deleted" : "an input, changed";
    }

    private static IEnumerable<string> FoldersAbove(string path)
    {
        for (var end = path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
            yield return path[..end];
    }
}
