using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
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

    /// <param name="http">GET, HEAD, PUT or DELETE.</param>
    /// <param name="instance">Whose results.</param>
    /// <param name="named">The action's hash.</param>
    public Task AnswerAsync(HttpContext http, string instance, Digest named) => http.Request.Method switch
    {
        "GET" or "HEAD" => GetAsync(http, instance, named),
        "PUT" => PutAsync(http, instance, named),
        _ => DeleteAsync(http, instance, named),
    };

    private async Task GetAsync(HttpContext http, string instance, Digest named)
    {
        if (environments.TryGet(instance) is not { } environment
            || await results.GetAsync(new ActionKey(instance, environment, named) { SizeIsKnown = false }, http.RequestAborted) is not { } entry)
        {
            CacheMetrics.LookedUp(hit: false);
            await HttpAnswers.FailAsync(http, StatusCodes.Status404NotFound, $"There is no result of action {named.HashHex}.");
            return;
        }

        CacheMetrics.LookedUp(hit: true);
        await TypedResults.Bytes(entry.Result.ToByteArray(), "application/octet-stream").ExecuteAsync(http);
    }

    private async Task DeleteAsync(HttpContext http, string instance, Digest named)
    {
        await asserted.DeleteAsync(instance, named, sizeIsKnown: false, $"{http.Connection.RemoteIpAddress}", http.RequestAborted);
        await HttpAnswers.DoneAsync(http);
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
        catch (Exception e) when (e.IsUnreadable())
        {
            throw RequestChecks.Invalid("The body is no ActionResult; keys of your own go to /kv/{keyspace}/{key}.");
        }
    }
}
