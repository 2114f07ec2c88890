using BuildFarm.Rpc.Server.Calls;
using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace BuildFarm.Rpc.Server.Handlers;

/// <summary>Runs the calls of one method: checks the protocol, runs the shape, sends the status.</summary>
internal abstract partial class CallHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, CallSettings settings)
    where TRequest : class
    where TResponse : class
{
    protected Method<TRequest, TResponse> Method => method;

    public Task HandleAsync(HttpContext http)
    {
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.Headers.Allow = HttpMethods.Post;
            return Refuse(http, StatusCodes.Status405MethodNotAllowed, $"Request method is '{http.Request.Method}'; gRPC requests are POST.");
        }

        if (!ProtocolNames.IsGrpcContentType(http.Request.ContentType))
        {
            return Refuse(http, StatusCodes.Status415UnsupportedMediaType, $"Content-Type is '{http.Request.ContentType}'; gRPC requests have '{ProtocolNames.ContentType}'.");
        }

        if (HttpProtocol.IsHttp11(http.Request.Protocol) || HttpProtocol.IsHttp10(http.Request.Protocol))
        {
            http.Response.Headers.Upgrade = "HTTP/2";
            return Refuse(http, StatusCodes.Status426UpgradeRequired, $"Request protocol '{http.Request.Protocol}' is not supported; gRPC needs HTTP/2.");
        }

        return CallAsync(new ServerCall(http, method, settings));
    }

    /// <summary>Reads requests, calls the handler, writes responses.</summary>
    protected abstract Task RunAsync(ServerCall call);

    /// <summary>Writes the response of a shape that has one.</summary>
    /// <exception cref="RpcException">CANCELLED when the handler returned null and chose no status.</exception>
    protected ValueTask RespondAsync(ServerCall call, TResponse? response)
    {
        if (response is not null)
        {
            return call.WriteSingleAsync(response, method.ResponseMarshaller.ContextualSerializer);
        }

        return call.Status.StatusCode == StatusCode.OK
            ? throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."))
            : ValueTask.CompletedTask;
    }

    private async Task CallAsync(ServerCall call)
    {
        using var _ = call;
        try
        {
            call.Begin();
            await RunAsync(call);
        }
#pragma warning disable CA1031 // Whatever a handler throws becomes the call's status.
        catch (Exception e)
#pragma warning restore CA1031
        {
            call.Fail(e);
        }

        await call.EndAsync();
    }

    private Task Refuse(HttpContext http, int httpStatus, string reason)
    {
        CallHandlerLog.Refused(settings.Logger, method.FullName, httpStatus, reason);
        http.Response.StatusCode = httpStatus;
        StatusHeaders.Write(http.Response.Headers, new Status(StatusCode.InvalidArgument, reason));
        return Task.CompletedTask;
    }
}
