using BuildFarm.BlobStore;
using BuildFarm.Digests.Trees;
using BuildFarm.Worker.Native;
using Google.Protobuf;
using Digest = BuildFarm.Digests.Digest;
using DigestFunction = BuildFarm.Digests.DigestFunction;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Worker.Outputs;

/// <summary>
/// Collects declared outputs after the task has ended. The kernel resolves each path beneath the workspace and follows no
/// link, so no file of the host can be collected, whatever the task made.
/// </summary>
internal sealed class OutputCollector(IFileBlobStore store, OutputLimits limits)
{
    /// <summary>A path and what may be there, by the older fields of Command.</summary>
    private enum Expected
    {
        Anything,
        File,
        Directory,
    }

    /// <exception cref="OutputLimitException">They are larger than outputs may be.</exception>
    /// <exception cref="OutputRefusedException">One is nothing that may be collected.</exception>
    public async ValueTask<CollectedOutputs> CollectAsync(
        DirectoryHandle workspace, Reapi.Command command, DigestFunction function, CancellationToken cancellationToken)
    {
        var collected = new CollectedOutputs();
        await using var files = new OutputFiles(store, function, cancellationToken);
        var collection = new Collection(workspace, collected, new OutputMeter(limits), files, []);
        foreach (var (path, expected) in Declared(command))
            await CollectAsync(collection, command.WorkingDirectory, path, expected, cancellationToken);
        foreach (var (file, stored) in collection.Stored)
            file.Digest = (await stored).ToProto();
        return collected;
    }

    /// <summary>The declared paths, as REAPI orders the fields: <c>output_paths</c> replaces the two older ones.</summary>
    public static IEnumerable<string> DeclaredPaths(Reapi.Command command) => Declared(command).Select(static declared => declared.Path);

    private static IEnumerable<(string Path, Expected Expected)> Declared(Reapi.Command command)
    {
        if (command.OutputPaths.Count > 0)
            return command.OutputPaths.Select(static path => (path, Expected.Anything));
#pragma warning disable CS0612 // Clients of REAPI 2.0 declare outputs by these.
        return command.OutputFiles.Select(static path => (path, Expected.File))
            .Concat(command.OutputDirectories.Select(static path => (path, Expected.Directory)));
#pragma warning restore CS0612
    }

    private async ValueTask CollectAsync(
        Collection collection, string workingDirectory, string declared, Expected expected, CancellationToken cancellationToken)
    {
        var path = OutputPath.Resolve(workingDirectory, declared)
            ?? throw new OutputRefusedException($"declared output {declared} lies outside the workspace");
        using var found = collection.Workspace.TryOpenBeneath(path.Length == 0 ? "." : path, Libc.OpenPath, out var error);
        if (found is null)
        {
            if (DirectoryHandle.IsEscape(error))
                throw new OutputRefusedException($"declared output {declared} leads through a symbolic link; declare the path it leads to");
            if (error is not (LinuxError.NoSuchFile or LinuxError.NotDirectory))
                throw LinuxError.Of(error, $"open output {declared}");
            collection.Outputs.NotMade.Add(declared);
            return;
        }

        var facts = FileFacts.Of(Libc.Number(found));
        collection.Meter.AddEntries(declared, 1);
        switch (facts.Kind)
        {
            case FileKind.File when expected != Expected.Directory:
                await CollectFileAsync(collection, path, declared, facts);
                break;
            case FileKind.Directory when expected != Expected.File:
                await CollectFolderAsync(collection, path, declared, cancellationToken);
                break;
            case FileKind.SymbolicLink:
                OutputLinks.Add(collection.Outputs.Result, collection.Workspace, found, path, declared);
                break;
            case FileKind.Other:
                throw new OutputRefusedException($"declared output {declared} is neither a file nor a folder nor a symbolic link");
            default:
                throw new OutputRefusedException($"declared output {declared} is a {(expected == Expected.File ? "folder, not a file" : "file, not a folder")}");
        }
    }

    private static async ValueTask CollectFileAsync(Collection collection, string path, string declared, FileFacts facts)
    {
        collection.Meter.AddFile(declared, facts.Size);
        var file = new Reapi.OutputFile { Path = declared, IsExecutable = facts.IsExecutable };
        collection.Outputs.Result.OutputFiles.Add(file);
        collection.Stored.Add((file, await collection.Files.BeginAsync(collection.Workspace, System.Text.Encoding.UTF8.GetBytes(path + '\0'), declared)));
    }

    private async ValueTask CollectFolderAsync(Collection collection, string path, string declared, CancellationToken cancellationToken)
    {
        var flags = Libc.OpenReadOnly | Libc.OpenDirectory;
        using var folder = new DirectoryHandle(
            collection.Workspace.TryOpenBeneath(path.Length == 0 ? "." : path, flags, out var error) ?? throw LinuxError.Of(error, $"open output {declared}"));
        var tree = await new OutputTreeReader(collection.Files, collection.Meter).ReadAsync(folder, declared, cancellationToken);
        var digest = await store.PutBytesAsync(tree.ToByteArray(), collection.Files.Function, cancellationToken);
        // The children are in no particular order, so is_topologically_sorted stays false.
        collection.Outputs.Result.OutputDirectories.Add(new Reapi.OutputDirectory { Path = declared, TreeDigest = digest.ToProto() });
    }

    /// <param name="Workspace">Where the outputs are.</param>
    /// <param name="Outputs">What is found.</param>
    /// <param name="Meter">Of all of them.</param>
    /// <param name="Files">Stores them.</param>
    /// <param name="Stored">Declared files whose digests come when they are stored.</param>
    private sealed record Collection(
        DirectoryHandle Workspace, CollectedOutputs Outputs, OutputMeter Meter, OutputFiles Files, List<(Reapi.OutputFile File, Task<Digest> Stored)> Stored);
}
