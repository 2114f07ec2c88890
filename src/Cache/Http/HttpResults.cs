using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore.Actions;
using BuildFarm.Cache.Results;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Cache.Http;

/// <summary>
/// Action results over HTTP, as serialised messages, under the rules of the ActionCache service: a hit is complete, and what
/// clients upload is asserted.
/// </summary>
internal sealed class HttpResults(IActionCache results, AssertedResults asserted, IInstanceEnvironment environments)
{
    private const int LargestBytes = Limits.MessageBytes;

    /// <param name="http">GET, HEAD or PUT.</param>
    /// <param name="instance">Whose results.</param>
    /// <param name="named">The action's hash.</param>
    public Task AnswerAsync(HttpContext http, string instance, Digest named) => http.Request.Method switch
    {
        "GET" or "HEAD" => GetAsync(http, instance, named),
        "PUT" => PutAsync(http, instance, named),
        _ => HttpAnswers.RefuseMethodAsync(http, "GET, HEAD, PUT"),
    };

    private async Task GetAsync(HttpContext http, string instance, Digest named)
    {
        if (environments.TryGet(instance) is not { } environment
            || await results.GetAsync(new ActionKey(instance, environment, named) { SizeIsKnown = false }, http.RequestAborted) is not { } entry)
        {
            CacheMetrics.ActionMisses.Add(1);
            await HttpAnswers.FailAsync(http, StatusCodes.Status404NotFound, $"There is no result of action {named.HashHex}.");
            return;
        }

        CacheMetrics.ActionHits.Add(1);
        await TypedResults.Bytes(entry.Result.ToByteArray(), "application/octet-stream").ExecuteAsync(http);
    }

    private async Task PutAsync(HttpContext http, string instance, Digest named)
    {
        var length = HttpAnswers.LengthOf(http);
        if (length > LargestBytes)
        {
            throw RequestChecks.Invalid($"The body has {length} bytes; a result has at most {LargestBytes}.");
        }

        var body = new byte[length];
        await http.Request.Body.ReadExactlyAsync(body, http.RequestAborted);
        await asserted.PutAsync(instance, named, sizeIsKnown: false, Read(body), $"{http.Connection.RemoteIpAddress}", http.RequestAborted);
        await HttpAnswers.DoneAsync(http);
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT: it is no result.</exception>
    private static ActionResult Read(byte[] body)
    {
        try
        {
            return ActionResult.Parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException)
        {
            throw RequestChecks.Invalid("The body is no ActionResult; keys of your own go to /kv/{keyspace}/{key}.");
        }
    }
}
