using BuildFarm.BlobStore;
using BuildFarm.Digests.Trees;
using BuildFarm.Worker.Native;
using Digest = BuildFarm.Digests.Digest;
using DigestFunction = BuildFarm.Digests.DigestFunction;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Worker.Outputs;

/// <summary>Reads a folder of the workspace into a REAPI Tree, storing its files. Links are recorded, never followed.</summary>
internal sealed class OutputTreeReader(IFileBlobStore store, OutputMeter meter, HashSet<Digest> blobs, DigestFunction function)
{
    private readonly Dictionary<Digest, Reapi.Directory> children = [];

    /// <exception cref="OutputLimitException">It is larger than outputs may be.</exception>
    /// <exception cref="OutputRefusedException">It holds what no Tree can.</exception>
    public async ValueTask<Reapi.Tree> ReadAsync(DirectoryHandle folder, string path, CancellationToken cancellationToken)
    {
        var root = await ReadFolderAsync(folder, path, depth: 1, cancellationToken);
        var tree = new Reapi.Tree { Root = root };
        tree.Children.AddRange(children.Values);
        return tree;
    }

    /// <summary>Stores an open file.</summary>
    public static async ValueTask<Digest> StoreAsync(
        IFileBlobStore store, DirectoryHandle folder, ReadOnlyMemory<byte> name, string path, DigestFunction function, CancellationToken cancellationToken)
    {
        using var file = folder.TryOpenBeneath(name.Span, Libc.OpenReadOnly | Libc.OpenNonBlocking, out var error)
            ?? throw LinuxError.Of(error, $"open output {path}");
        return await store.AddFileAsync(file, function, cancellationToken);
    }

    private async ValueTask<Reapi.Directory> ReadFolderAsync(DirectoryHandle folder, string path, int depth, CancellationToken cancellationToken)
    {
        meter.Enter(path, depth);
        var entries = folder.Entries(meter.EntriesLeft);
        meter.AddEntries(path, entries.Count);
        var directory = new Reapi.Directory();
        foreach (var (entry, name) in InOrder(entries, path))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var entryPath = $"{path}/{name}";
            var facts = FileFacts.TryRead(folder.Number, entry.RawName) ?? throw LinuxError.Of(LinuxError.NoSuchFile, $"read output {entryPath}");
            switch (facts.Kind)
            {
                case FileKind.File:
                    meter.AddFile(entryPath, facts.Size);
                    var digest = await StoreAsync(store, folder, entry.RawName, entryPath, function, cancellationToken);
                    blobs.Add(digest);
                    directory.Files.Add(new Reapi.FileNode { Name = name, Digest = digest.ToProto(), IsExecutable = facts.IsExecutable });
                    break;
                case FileKind.Directory:
                    using (var inner = folder.OpenChild(name))
                    {
                        var child = DirectoryBlob.Of(await ReadFolderAsync(inner, entryPath, depth + 1, cancellationToken), function);
                        children[child.Digest] = child.Message;
                        directory.Directories.Add(new Reapi.DirectoryNode { Name = name, Digest = child.Digest.ToProto() });
                    }

                    break;
                case FileKind.SymbolicLink:
                    directory.Symlinks.Add(new Reapi.SymlinkNode { Name = name, Target = ReadLink(folder, entry, entryPath) });
                    break;
                default:
                    throw new OutputRefusedException($"output {entryPath} is neither a file nor a folder nor a symbolic link; remove it in the task");
            }
        }

        return directory;
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
}
