using BuildFarm.BlobStore;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Digest = BuildFarm.Digests.Digest;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Coordinator.Why;

/// <summary>What differs between two input trees. Only directories that differ are read.</summary>
/// <param name="blobs">The CAS.</param>
/// <param name="found">Takes what differs.</param>
public sealed class InputDiff(IBlobStore blobs, DifferenceList found)
{
    // Of both trees together; what differs in more places needs no further list.
    private const int MostDirectories = 5000;

    private int _read;

    /// <summary>Compares two roots.</summary>
    public async ValueTask CompareAsync(Digest before, Digest now, CancellationToken cancellationToken)
    {
        var open = new Stack<(string Path, Digest Before, Digest Now)>([("", before, now)]);
        while (open.TryPop(out var next))
        {
            var (path, old, @new) = next;
            if (old == @new)
            {
                continue;
            }

            if (_read >= MostDirectories)
            {
                found.Note("the inputs differ in more directories than are compared");
                return;
            }

            if (await ReadAsync(old, path, "earlier", cancellationToken) is { } oldDirectory && await ReadAsync(@new, path, "later", cancellationToken) is { } newDirectory)
            {
                foreach (var child in Compare(path, EntriesOf(oldDirectory, old), EntriesOf(newDirectory, @new)))
                {
                    open.Push(child);
                }
            }
        }
    }

    private async ValueTask<Directory?> ReadAsync(Digest digest, string path, string whose, CancellationToken cancellationToken)
    {
        _read++;
        var directory = digest.IsEmptyBlob ? new Directory() : await blobs.GetMessageAsync<Directory>(digest, cancellationToken: cancellationToken);
        if (directory is null)
        {
            found.Note($"{(path.Length == 0 ? "the input root" : $"the input folder {path}")} of the {whose} action is gone from the cache; what is in it was not compared");
        }

        return directory;
    }

    private List<(string Path, Digest Before, Digest Now)> Compare(string path, Dictionary<string, Entry> before, Dictionary<string, Entry> now)
    {
        var folders = new List<(string Path, Digest Before, Digest Now)>();
        foreach (var name in before.Keys.Union(now.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var at = TreePath.Join(path, name);
            var (hadIt, hasIt) = (before.TryGetValue(name, out var old), now.TryGetValue(name, out var @new));
            if (hadIt && hasIt && old.Folder is { } oldFolder && @new.Folder is { } newFolder)
            {
                folders.Add((at, oldFolder, newFolder));
            }
            else if (!hadIt || !hasIt || old.Text != @new.Text)
            {
                var difference = new ActionDifference { Part = ActionPart.Input, Name = at };
                if (hadIt)
                {
                    difference.Before = old.Text;
                }

                if (hasIt)
                {
                    difference.After = @new.Text;
                }

                found.Add(difference);
            }
        }

        // The stack gives them back in order.
        folders.Reverse();
        return folders;
    }

    private static Dictionary<string, Entry> EntriesOf(Directory directory, Digest of)
    {
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        foreach (var file in directory.Files)
        {
            var properties = file.NodeProperties is null ? "" : $" {file.NodeProperties}";
            entries[file.Name] = new Entry($"{file.Digest.ToDigest(file.Name, of.Function)}{(file.IsExecutable ? " executable" : "")}{properties}", null);
        }

        foreach (var link in directory.Symlinks)
        {
            entries[link.Name] = new Entry($"symlink to {link.Target}", null);
        }

        foreach (var child in directory.Directories)
        {
            var digest = child.Digest.ToDigest(child.Name, of.Function);
            entries[child.Name] = new Entry($"folder {digest}", digest);
        }

        return entries;
    }

    private readonly record struct Entry(string Text, Digest? Folder);
}
