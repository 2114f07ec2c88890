using BuildFarm.BlobStore;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Worker.Inputs;

/// <summary>Lays an input root out as files. Names come from others, so every step goes by folder handles and single names.</summary>
/// <param name="blobs">Has folders and files.</param>
/// <param name="placer">Lays a file out.</param>
/// <param name="heir">Who gets folders and links; null to leave them the worker's.</param>
internal sealed class InputTreeBuilder(IFileBlobStore blobs, IFilePlacer placer, TaskOwner? heir = null)
{
    /// <summary>Fills an empty folder.</summary>
    /// <exception cref="InvalidTreeException">The tree breaks a rule or a limit.</exception>
    /// <exception cref="MissingInputsException">Blobs of it are not in the CAS.</exception>
    public async Task<TreeSummary> BuildAsync(Digest root, string path, CancellationToken cancellationToken)
    {
        var directories = new Dictionary<Digest, Reapi.Directory>();
        var source = blobs.AsMessageSource<Reapi.Directory>();
        var validator = new DirectoryValidator(async (digest, cancellation) =>
        {
            var message = await source(digest, cancellation);
            if (message is not null)
                directories[digest] = message;
            return message;
        });
        TreeSummary summary;
        try
        {
            summary = await validator.ValidateAsync(root, cancellationToken);
        }
        catch (MissingDirectoriesException e)
        {
            throw new MissingInputsException(e.Missing, "input directories");
        }

        // All that are missing are told of at once, before the first is laid out.
        if (await blobs.FetchAsync(summary.Files, cancellationToken) is { Count: > 0 } missing)
            throw new MissingInputsException([.. missing], "inputs");
        using var folder = DirectoryHandle.Open(path);
        await FillAsync(folder, root, directories, cancellationToken);
        return summary;
    }

    private async Task FillAsync(
        DirectoryHandle folder, Digest digest, Dictionary<Digest, Reapi.Directory> directories, CancellationToken cancellationToken)
    {
        Give(folder, "");
        if (!directories.TryGetValue(digest, out var directory))
            return;
        foreach (var file in directory.Files)
            await PlaceAsync(folder, file, digest.Function, cancellationToken);
        foreach (var link in directory.Symlinks)
        {
            folder.CreateSymbolicLink(link.Name, link.Target);
            Give(folder, link.Name);
        }

        foreach (var child in directory.Directories)
        {
            using var inner = folder.Create(child.Name);
            await FillAsync(inner, child.Digest.ToDigest(child.Name, digest.Function), directories, cancellationToken);
        }
    }

    private void Give(DirectoryHandle folder, string name)
    {
        if (heir is { } owner)
            folder.ChangeOwner(name, owner.UserId, owner.UserId);
    }

    private async ValueTask PlaceAsync(DirectoryHandle folder, Reapi.FileNode file, DigestFunction function, CancellationToken cancellationToken)
    {
        var digest = file.Digest.ToDigest(file.Name, function);
        var path = $"{folder.ProcessPath}/{file.Name}";
        if (!await placer.TryPlaceAsync(digest, file.IsExecutable, path, cancellationToken))
            throw new MissingInputsException([digest], $"the input {file.Name}");
    }
}
