using BuildFarm.Rpc.Server.Calls;
using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace BuildFarm.Rpc.Server.Binding;

/// <summary>Answers gRPC calls of what the server does not have with UNIMPLEMENTED; other requests pass by.</summary>
internal static class UnknownMethodEndpoint
{
    public static void Map(IEndpointRouteBuilder endpoints, MethodRegistry registry, CallSettings settings)
    {
        var pattern = RoutePatternFactory.Parse("{service}/{method}", defaults: null, parameterPolicies: new { method = new GrpcRequest() });
        endpoints.Map(pattern, http => AnswerAsync(http, registry, settings))
            .WithDisplayName("gRPC unknown method")
            .WithOrder(int.MaxValue);
    }

    private static Task AnswerAsync(HttpContext http, MethodRegistry registry, CallSettings settings)
    {
        var service = (string?)http.GetRouteValue("service") ?? "";
        var detail = registry.HasService(service) ? "Method is unimplemented." : "Service is unimplemented.";
        http.Response.ContentType = ProtocolNames.ContentType;
        http.Response.Headers.GrpcAcceptEncoding = settings.Encodings.AcceptEncoding;
        StatusHeaders.Write(http.Response.Headers, new Status(StatusCode.Unimplemented, detail));
        return Task.CompletedTask;
    }

    private sealed class GrpcRequest : IRouteConstraint
    {
        public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
            httpContext is not null && HttpMethods.IsPost(httpContext.Request.Method) && ProtocolNames.IsGrpcContentType(httpContext.Request.ContentType);
    }
}
