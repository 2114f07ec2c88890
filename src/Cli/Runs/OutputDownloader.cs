using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Inputs;
using Google.Bytestream;
using Google.Protobuf;
using Grpc.Core;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Cli.Runs;

/// <summary>Brings outputs of finished tasks back: every byte verified, every path kept below the folder.</summary>
public sealed class OutputDownloader(FarmConnection farm, string folder)
{
    private readonly OutputFolder _to = new(folder);

    /// <summary>Downloads what <paramref name="paths"/> name, a file or a folder with everything in it, from all results.</summary>
    /// <returns>How many files and links were written.</returns>
    /// <exception cref="FarmException">No task made one of them, or something cannot be written.</exception>
    public async Task<int> DownloadAsync(IEnumerable<FarmTask> tasks, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var results = tasks.Where(task => task.Result is not null).Select(task => task.Result).ToArray();
        var written = 0;
        try
        {
            foreach (var path in paths)
            {
                var found = 0;
                foreach (var result in results)
                {
                    found += await DownloadAsync(result, path, cancellationToken);
                }

                written += found > 0 ? found : throw new FarmException(
                    $"No task of the run made the output '{path}'; check the path, which is relative to where the command runs.", Hosting.ExitCode.BuildFailed);
            }
        }
        catch (RpcException error)
        {
            throw error.StatusCode == StatusCode.NotFound
                ? FarmException.Infrastructure($"An output is no longer in the cache: {error.Status.Detail}. Run it again with --no-cache.", error)
                : error.ToFarmException(farm.Address, "bringing outputs back");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FarmException.Infrastructure($"Cannot write the outputs to {folder}: {error.Message}", error);
        }

        return written;
    }

    private async Task<int> DownloadAsync(ActionResult result, string wanted, CancellationToken cancellationToken)
    {
        var found = 0;
        foreach (var file in result.OutputFiles.Where(file => OutputPath.IsAtOrBelow(file.Path, wanted)))
        {
            await FileAsync(file.Path, file.Digest, file.IsExecutable, cancellationToken);
            found++;
        }

        foreach (var directory in result.OutputDirectories.Where(directory => OutputPath.IsAtOrBelow(directory.Path, wanted) || OutputPath.IsAtOrBelow(wanted, directory.Path)))
        {
            var tree = Tree.Parser.ParseFrom(await ReadAsync(directory.TreeDigest, cancellationToken));
            var children = new Dictionary<string, Directory>(StringComparer.Ordinal);
            foreach (var child in tree.Children)
            {
                children[BuildFarm.Digests.Trees.DigestProto.ToProto(BuildFarm.Digests.Digest.OfBytes(child.ToByteArray())).Hash] = child;
            }

            found += await DirectoryAsync(directory.Path, tree.Root, children, wanted, cancellationToken);
        }

        foreach (var link in result.OutputSymlinks.Where(link => OutputPath.IsAtOrBelow(link.Path, wanted)))
        {
            _to.Link(link.Path, link.Target);
            found++;
        }

        return found;
    }

    private async Task<int> DirectoryAsync(
        string path, Directory directory, Dictionary<string, Directory> children, string wanted, CancellationToken cancellationToken)
    {
        var found = 0;
        if (OutputPath.IsAtOrBelow(path, wanted))
        {
            _to.Folder(path);
            found++;
        }

        foreach (var file in directory.Files.Where(file => OutputPath.IsAtOrBelow($"{path}/{file.Name}", wanted)))
        {
            await FileAsync($"{path}/{file.Name}", file.Digest, file.IsExecutable, cancellationToken);
            found++;
        }

        foreach (var child in directory.Directories)
        {
            if (!children.TryGetValue(child.Digest.Hash, out var next))
            {
                throw FarmException.Infrastructure($"The output {path}/{child.Name} is incomplete in the cache; run it again with --no-cache.");
            }

            found += await DirectoryAsync($"{path}/{child.Name}", next, children, wanted, cancellationToken);
        }

        foreach (var link in directory.Symlinks.Where(link => OutputPath.IsAtOrBelow($"{path}/{link.Name}", wanted)))
        {
            _to.Link($"{path}/{link.Name}", link.Target);
            found++;
        }

        return found;
    }

    private async Task FileAsync(string path, Digest digest, bool executable, CancellationToken cancellationToken)
    {
        await using var file = _to.Create(path, executable);
        await foreach (var part in PartsAsync(digest, cancellationToken))
        {
            await file.WriteAsync(part, cancellationToken);
        }

        file.Commit(BuildFarm.Digests.Digest.Parse(digest.Hash, digest.SizeBytes));
    }

    private async Task<byte[]> ReadAsync(Digest digest, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await foreach (var part in PartsAsync(digest, cancellationToken))
        {
            await bytes.WriteAsync(part, cancellationToken);
        }

        return bytes.ToArray();
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> PartsAsync(
        Digest digest, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (digest.SizeBytes == 0)
        {
            yield break;
        }

        using var call = farm.Bytes.Read(new ReadRequest { ResourceName = BlobNames.Read(digest) }, cancellationToken: cancellationToken);
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            yield return call.ResponseStream.Current.Data.Memory;
        }
    }
}
