using BuildFarm.Cache.Resources;
using BuildFarm.Digests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BuildFarm.Cache.Http;

/// <summary>
/// The cache for tools that speak HTTP: <c>[/instance]/cas/{hash}</c> and <c>[/instance]/ac/{hash}</c> as Bazel writes them, over
/// the same blobs and results as gRPC; and <c>/kv/{keyspace}/{key}</c> for keys of the client's own, as ccache's are.
/// </summary>
internal static class HttpCacheEndpoints
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Put, HttpMethods.Delete];

    public static void MapHttpCache(this IEndpointRouteBuilder endpoints)
    {
        var blobs = endpoints.ServiceProvider.GetRequiredService<HttpBlobs>();
        var results = endpoints.ServiceProvider.GetRequiredService<HttpResults>();
        var keys = endpoints.ServiceProvider.GetRequiredService<HttpKeys>();
        endpoints.MapMethods("/kv/{keyspace}/{**key}", Methods, http => HttpAnswers.RunAsync(http, () => keys.AnswerAsync(http)));
        endpoints.MapMethods("/{**path}", Methods, http => HttpAnswers.RunAsync(http, () => Route(http.Request.Path) switch
        {
            (var instance, "cas", var named) => blobs.AnswerAsync(http, instance, named),
            (var instance, "ac", var named) => results.AnswerAsync(http, instance, named),
            _ => HttpAnswers.FailAsync(http, StatusCodes.Status404NotFound, "There is nothing here; the cache is at [/instance]/cas/{hash}, [/instance]/ac/{hash} and /kv/{keyspace}/{key}."),
        }));
    }

    /// <summary>What the last two segments say, and the instance before them.</summary>
    private static (string Instance, string Kind, Digest Named) Route(PathString path)
    {
        var segments = path.Value!.Split('/')[1..];
        if (segments is not [.. var instance, "cas" or "ac", var hash])
        {
            return default;
        }

        var name = string.Join('/', instance);
        ResourceNames.CheckInstance(name);
        return (name, segments[^2], Digest.Parse(hash, sizeBytes: 0));
    }
}
