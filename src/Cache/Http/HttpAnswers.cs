using BuildFarm.BlobStore;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace BuildFarm.Cache.Http;

/// <summary>How the HTTP cache answers: blobs, and refusals as one line of text.</summary>
internal static class HttpAnswers
{
    private const string Binary = "application/octet-stream";

    /// <summary>Answers, and says what the stores refuse in HTTP's terms.</summary>
    public static async Task RunAsync(HttpContext http, Func<Task> answer)
    {
        // The stores have limits of their own.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        try
        {
            await answer();
        }
        catch (Exception e) when (StatusOf(e) is { } status)
        {
            if (http.Response.HasStarted)
            {
                // Too late for a status: what was announced must not look complete.
                http.Abort();
                return;
            }

            await FailAsync(http, CodeOf(status.StatusCode), status.Detail);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
        }
    }

    public static Task FailAsync(HttpContext http, int code, string line) => TypedResults.Text(line + "\n", statusCode: code).ExecuteAsync(http);

    public static Task DoneAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    public static Task RefuseMethodAsync(HttpContext http, string allowed)
    {
        http.Response.Headers.Allow = allowed;
        return FailAsync(http, StatusCodes.Status405MethodNotAllowed, $"{http.Request.Method} is not for this; {allowed} are. What is no longer used is evicted.");
    }

    /// <summary>Sends a blob, whole or the range that is asked for.</summary>
    public static async Task SendAsync(HttpContext http, BlobReader blob)
    {
        await using var stream = new BlobStream(blob);
        await TypedResults.Stream(stream, Binary, enableRangeProcessing: true).ExecuteAsync(http);
        if (HttpMethods.IsGet(http.Request.Method))
        {
            CacheMetrics.BytesRead.Add(http.Response.ContentLength ?? 0);
        }
    }

    /// <summary>Bytes of the request's body, as announced.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: they are not announced.</exception>
    public static long LengthOf(HttpContext http) =>
        http.Request.ContentLength ?? throw RequestChecks.Invalid("Content-Length is absent; say how many bytes come.");

    private static Status? StatusOf(Exception exception) => exception is RpcException rpc ? rpc.Status : RpcErrors.StatusOf(exception);

    private static int CodeOf(StatusCode status) => status switch
    {
        StatusCode.InvalidArgument => StatusCodes.Status400BadRequest,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.FailedPrecondition => StatusCodes.Status409Conflict,
        StatusCode.ResourceExhausted => StatusCodes.Status507InsufficientStorage,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };
}
