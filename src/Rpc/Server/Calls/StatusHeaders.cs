using System.Globalization;
using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace BuildFarm.Rpc.Server.Calls;

/// <summary>A status as headers: in the trailers, or in the only header frame of a trailers-only response.</summary>
internal static class StatusHeaders
{
    private static readonly StringValues[] Codes =
        [.. Enumerable.Range(0, (int)StatusCode.Unauthenticated + 1).Select(code => new StringValues(code.ToString(CultureInfo.InvariantCulture)))];

    public static void Write(IHeaderDictionary target, Status status)
    {
        var code = (int)status.StatusCode;
        target.GrpcStatus = (uint)code < (uint)Codes.Length ? Codes[code] : code.ToString(CultureInfo.InvariantCulture);
        if (status.Detail.Length > 0)
        {
            target.GrpcMessage = PercentEncoding.Encode(status.Detail);
        }
    }
}
