using BuildFarm.Digests.Trees;
using BuildFarm.Worker.Native;
using Digest = BuildFarm.Digests.Digest;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Worker.Outputs;

/// <summary>Reads a folder of the workspace into a REAPI Tree, storing its files. Links are recorded, never followed.</summary>
internal sealed class OutputTreeReader(OutputFiles files, OutputMeter meter)
{
    private readonly Dictionary<Digest, Reapi.Directory> _children = [];

    /// <exception cref="OutputLimitException">It is larger than outputs may be.</exception>
    /// <exception cref="OutputRefusedException">It holds what no Tree can.</exception>
    public async ValueTask<Reapi.Tree> ReadAsync(DirectoryHandle folder, string path, CancellationToken cancellationToken)
    {
        var tree = new Reapi.Tree { Root = await FinishAsync(await ReadFolderAsync(folder, path, depth: 1, cancellationToken)) };
        tree.Children.AddRange(_children.Values);
        return tree;
    }

    private async ValueTask<Folder> ReadFolderAsync(DirectoryHandle folder, string path, int depth, CancellationToken cancellationToken)
    {
        meter.Enter(path, depth);
        var entries = folder.Entries(meter.EntriesLeft);
        meter.AddEntries(path, entries.Count);
        var read = new Folder(new Reapi.Directory(), [], []);
        foreach (var (entry, name) in InOrder(entries, path))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var entryPath = $"{path}/{name}";
            var facts = FileFacts.TryRead(folder.Number, entry.RawName) ?? throw LinuxError.Of(LinuxError.NoSuchFile, $"read output {entryPath}");
            switch (facts.Kind)
            {
                case FileKind.File:
                    meter.AddFile(entryPath, facts.Size);
                    read.Files.Add((new Reapi.FileNode { Name = name, IsExecutable = facts.IsExecutable }, await files.BeginAsync(folder, entry.RawName, entryPath)));
                    break;
                case FileKind.Directory:
                    using (var inner = folder.OpenChild(name))
                        read.Folders.Add((new Reapi.DirectoryNode { Name = name }, await ReadFolderAsync(inner, entryPath, depth + 1, cancellationToken)));
                    break;
                case FileKind.SymbolicLink:
                    read.Message.Symlinks.Add(new Reapi.SymlinkNode { Name = name, Target = ReadLink(folder, entry, entryPath) });
                    break;
                default:
                    throw new OutputRefusedException($"output {entryPath} is neither a file nor a folder nor a symbolic link; remove it in the task");
            }
        }

        return read;
    }

    /// <summary>Fills in the digests, from the leaves up.</summary>
    private async ValueTask<Reapi.Directory> FinishAsync(Folder folder)
    {
        foreach (var (node, stored) in folder.Files)
        {
            node.Digest = (await stored).ToProto();
            folder.Message.Files.Add(node);
        }

        foreach (var (node, inner) in folder.Folders)
        {
            var child = DirectoryBlob.Of(await FinishAsync(inner), files.Function);
            _children[child.Digest] = child.Message;
            node.Digest = child.Digest.ToProto();
            folder.Message.Directories.Add(node);
        }

        return folder.Message;
    }

    private static string ReadLink(DirectoryHandle folder, DirectoryEntry entry, string path)
    {
        using var link = folder.TryOpenBeneath(entry.RawName, Libc.OpenPath, out var error) ?? throw LinuxError.Of(error, $"open output {path}");
        return DirectoryHandle.ReadLink(link) ?? throw new OutputRefusedException($"the target of the symbolic link {path} is not UTF-8");
    }

    private static IEnumerable<(DirectoryEntry Entry, string Name)> InOrder(List<DirectoryEntry> entries, string path) =>
        entries
            .Select(entry => (entry, Name: entry.Name ?? throw new OutputRefusedException($"output {path}/{entry.Shown}: the name is not UTF-8")))
            .OrderBy(static item => item.Name, Utf8Order.Instance);

    /// <summary>A folder whose files are being stored.</summary>
    private sealed record Folder(Reapi.Directory Message, List<(Reapi.FileNode Node, Task<Digest> Stored)> Files, List<(Reapi.DirectoryNode Node, Folder Folder)> Folders);
}
