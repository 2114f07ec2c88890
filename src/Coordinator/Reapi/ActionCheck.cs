using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Resolving;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using Google.Protobuf;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>
/// Looks at an Action before it becomes a job: that the CAS has it and all that it names, and that it keeps the contract. What is
/// wrong is known now, and not on a worker. Looking renews the lives of the blobs.
/// </summary>
public sealed class ActionCheck(IBlobStore blobs, InputCores cores)
{
    private const int DigestsAtOnce = 10_000;

    private readonly FetchMessage<Directory> _directories = blobs.AsMessageSource<Directory>();

    /// <exception cref="RpcException">
    /// FAILED_PRECONDITION with MISSING violations alone: blobs are absent; INVALID_ARGUMENT: the Action, its Command or its inputs break
    /// the contract; UNAVAILABLE: the CAS cannot be asked.
    /// </exception>
    public async ValueTask<CheckedAction> CheckAsync(Digest digest, CancellationToken cancellationToken)
    {
        var missing = new List<Digest>();
        var found = await LookAsync(digest, missing, cancellationToken);
        return missing.Count > 0 ? throw StatusOf(digest, missing).ToRpcException() : found!;
    }

    /// <summary>What an Action that has failed lacks now; null when nothing is missing.</summary>
    /// <exception cref="RpcException">As for <see cref="CheckAsync"/>.</exception>
    public async ValueTask<Google.Rpc.Status?> FindMissingAsync(Digest digest, CancellationToken cancellationToken)
    {
        var missing = new List<Digest>();
        await LookAsync(digest, missing, cancellationToken);
        return missing.Count == 0 ? null : StatusOf(digest, missing);
    }

    private static Google.Rpc.Status StatusOf(Digest action, List<Digest> missing) => MissingBlobs.ToStatus(
        $"the cache does not have blob {missing[0]} of action {action}{(missing.Count > 1 ? $", and {missing.Count - 1} more" : "")}; upload it and execute again",
        missing);

    private async ValueTask<CheckedAction?> LookAsync(Digest digest, List<Digest> missing, CancellationToken cancellationToken)
    {
        try
        {
            if (await ReadAsync<Build.Bazel.Remote.Execution.V2.Action>(digest, missing, cancellationToken) is not { } action)
            {
                return null;
            }

            var command = await ReadAsync<Command>(Digest.FromProto(action.CommandDigest, "command_digest", digest.Function), missing, cancellationToken);
            if (command is not null && CommandRules.FindFault(command) is { } fault)
            {
                throw Error(StatusCode.InvalidArgument, $"action {digest}: {fault}");
            }

            await LookAtInputsAsync(Digest.FromProto(action.InputRootDigest, "input_root_digest", digest.Function), missing, cancellationToken);
            if (command is null)
            {
                return null;
            }

            var found = new CheckedAction(digest, action, command);
            if (ActionHomes.TemplateOf(found.Platform) is { } template)
            {
                await LookAtInputsAsync(template, missing, cancellationToken);
            }

            return found;
        }
        catch (Exception e) when (e is InvalidDataException or InvalidTreeException or DigestFormatException)
        {
            throw Error(StatusCode.InvalidArgument, $"action {digest}: {e.Message}");
        }
        catch (CorruptBlobException e)
        {
            // It was dropped; the client has it still.
            missing.Add(e.Digest);
            return null;
        }
        catch (Exception e) when (e is BlobStoreException or IOException)
        {
            throw Error(StatusCode.Unavailable, $"the inputs of action {digest} cannot be looked at: {e.Message}");
        }
    }

    private async ValueTask<T?> ReadAsync<T>(Digest digest, List<Digest> missing, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new()
    {
        var message = digest.IsEmptyBlob ? new T() : await blobs.GetMessageAsync<T>(digest, cancellationToken: cancellationToken);
        if (message is null)
        {
            missing.Add(digest);
        }

        return message;
    }

    private async ValueTask LookAtInputsAsync(Digest root, List<Digest> missing, CancellationToken cancellationToken)
    {
        try
        {
            var weights = new InputWeights();
            var validator = new DirectoryValidator(async (digest, token) =>
            {
                var directory = await _directories(digest, token);
                if (directory is not null)
                {
                    weights.Note(digest, directory);
                }

                return directory;
            });
            var tree = await validator.ValidateAsync(root, cancellationToken);
            cores.Learn(weights, [root]);
            foreach (var part in tree.Files.Chunk(DigestsAtOnce))
            {
                missing.AddRange(await blobs.FindMissingAsync(part, cancellationToken));
            }
        }
        catch (MissingDirectoriesException e)
        {
            missing.AddRange(e.Missing);
        }
    }

    private static RpcException Error(StatusCode code, string message) => new(new Status(code, message.ReplaceLineEndings(" ")));
}
