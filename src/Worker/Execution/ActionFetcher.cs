using BuildFarm.BlobStore;
using BuildFarm.Digests.Trees;
using BuildFarm.Worker.Inputs;
using Google.Protobuf;
using Digest = BuildFarm.Digests.Digest;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Worker.Execution;

/// <summary>Reads Actions and Commands from the CAS, which verifies them.</summary>
internal sealed class ActionFetcher(IBlobStore cas)
{
    /// <exception cref="MissingInputsException">The CAS does not have it.</exception>
    /// <exception cref="InvalidActionException">It is malformed.</exception>
    public async ValueTask<FetchedAction> FetchAsync(Digest actionDigest, CancellationToken cancellationToken)
    {
        var action = await ReadAsync<Reapi.Action>(actionDigest, "the action", cancellationToken);
        var command = await ReadAsync<Reapi.Command>(action.CommandDigest.ToDigest("command_digest", actionDigest.Function), "the command", cancellationToken);
        if (command.Arguments.Count == 0 || command.Arguments[0].Length == 0)
            throw new InvalidActionException("the command has no arguments; the first one names the program");
        return new FetchedAction(action, command, actionDigest.Function);
    }

    private async ValueTask<T> ReadAsync<T>(Digest digest, string what, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new()
    {
        try
        {
            return await cas.GetMessageAsync<T>(digest, cancellationToken: cancellationToken) ?? throw new MissingInputsException([digest], what);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidActionException(e.Message);
        }
    }
}
