using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace BuildFarm.TestKit.S3;

/// <summary>Answers GET and HEAD of an object, whole or a range of it.</summary>
internal static class S3ObjectAnswer
{
    public static async Task SendAsync(HttpContext http, S3Object found, S3Fault? fault)
    {
        var (start, length) = (0, found.Content.Length);
        if (RangeHeaderValue.TryParse((string?)http.Request.Headers.Range, out var range) && range.Ranges.Single() is { } wanted)
        {
            start = (int)wanted.From!.Value;
            length = (int)Math.Min(wanted.To ?? long.MaxValue, found.Content.Length - 1L) - start + 1;
            if (length <= 0)
            {
                throw new S3RefusalException(416, "InvalidRange", "The requested range is not satisfiable.");
            }

            http.Response.StatusCode = StatusCodes.Status206PartialContent;
            http.Response.Headers.ContentRange = $"bytes {start}-{start + length - 1}/{found.Content.Length}";
        }

        http.Response.ContentLength = length;
        http.Response.Headers.ETag = found.ETag;
        http.Response.Headers.LastModified = found.LastModified.ToString("R");
        if (http.Request.Method == "HEAD")
        {
            return;
        }

        var content = found.Content.AsMemory(start, length);
        switch (fault)
        {
            case S3Fault.CutInBody:
                await WriteAsync(http, content[..(length / 2)]);
                http.Abort();
                break;
            case S3Fault.StopsInBody:
                await WriteAsync(http, content[..(length / 2)]);
                await Task.Delay(Timeout.InfiniteTimeSpan, http.RequestAborted);
                break;
            case S3Fault.WrongByte:
                var wrong = content.ToArray();
                wrong[length / 2] ^= 1;
                await WriteAsync(http, wrong);
                break;
            default:
                await WriteAsync(http, content);
                break;
        }
    }

    private static async Task WriteAsync(HttpContext http, ReadOnlyMemory<byte> content)
    {
        await http.Response.Body.WriteAsync(content, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
