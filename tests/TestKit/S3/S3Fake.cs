using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace BuildFarm.TestKit.S3;

/// <summary>
/// A bucket of S3 on a loopback port. Every request's signature, payload hash, chunk signatures and checksums are verified
/// (<see cref="SigV4"/>), and it can misbehave.
/// </summary>
public sealed class S3Fake : IAsyncDisposable
{
    public const string Bucket = "farm-bucket";
    public const string Region = "eu-test-1";
    public const string AccessKey = "AKIAIOSFODNN7EXAMPLE";
    public const string Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Method, S3Fault Fault)> _faults = new();

    private S3Fake(WebApplication app) => _app = app;

    /// <summary>Such as http://127.0.0.1:12345.</summary>
    public string Endpoint => _app.Urls.First();

    public S3Objects Objects { get; } = new();

    /// <summary>Method and kind of every request that was taken, such as <c>PUT object</c>; the payload's kind with those that have one.</summary>
    public ConcurrentQueue<(string Operation, string Payload)> Taken { get; } = new();

    /// <summary>Codes of every refusal.</summary>
    public ConcurrentQueue<string> Refused { get; } = new();

    /// <summary>When objects are written, and against what the requests' times are compared.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Held while this is not complete: requests that begin meanwhile wait.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public static async Task<S3Fake> StartAsync(X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            // A test that gets no processor for a while is no slow client.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, endpoint =>
            {
                if (certificate is not null)
                {
                    endpoint.UseHttps(certificate);
                }
            });
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        var app = builder.Build();
        var fake = new S3Fake(app);
        app.Run(fake.AnswerAsync);
        await app.StartAsync();
        return fake;
    }

    /// <summary>The next requests of the method meet the fault, in order.</summary>
    public void Fail(string method, S3Fault fault, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            _faults.Enqueue((method, fault));
        }
    }

    /// <summary>How often an operation was taken.</summary>
    public int Count(string operation) => Taken.Count(taken => taken.Operation == operation);

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        try
        {
            await Gate.WaitAsync(http.RequestAborted);
            var fault = TakeFault(http.Request.Method);
            await MisbehaveAsync(http, fault);
            using var received = new MemoryStream();
            await http.Request.Body.CopyToAsync(received, http.RequestAborted);
            var request = new SignedRequest(
                http.Request.Method,
                http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
                http.Request.Headers.Select(header => KeyValuePair.Create(header.Key, header.Value.Select(value => value ?? "").ToArray())));
            request.Verify(AccessKey, Secret, Region, Time.GetUtcNow());
            await ActAsync(http, request, request.OpenBody(received.ToArray()), fault);
        }
        catch (S3RefusalException refusal)
        {
            Refused.Enqueue(refusal.Code);
            http.Response.StatusCode = refusal.Status;
            http.Response.ContentType = "application/xml";
            if (http.Request.Method != "HEAD")
            {
                await http.Response.WriteAsync(refusal.ToXml());
            }
        }
        catch (OperationCanceledException)
        {
            http.Abort();
        }
    }

    private S3Fault? TakeFault(string method)
    {
        lock (_faults)
        {
            return _faults.TryPeek(out var next) && next.Method == method && _faults.TryDequeue(out next) ? next.Fault : null;
        }
    }

    private static async Task MisbehaveAsync(HttpContext http, S3Fault? fault)
    {
        switch (fault)
        {
            case S3Fault.SlowDown:
                throw new S3RefusalException(503, "SlowDown", "Please reduce your request rate.");
            case S3Fault.InternalError:
                throw new S3RefusalException(500, "InternalError", "We encountered an internal error. Please try again.");
            case S3Fault.Full:
                throw new S3RefusalException(507, "XMinioStorageFull", "Storage backend has reached its minimum free drive threshold.");
            case S3Fault.NoAnswer:
                await Task.Delay(Timeout.InfiniteTimeSpan, http.RequestAborted);
                break;
        }
    }

    private async Task ActAsync(HttpContext http, SignedRequest request, byte[] body, S3Fault? fault)
    {
        // The bucket is in the path, or in front of the host's name.
        var inHost = http.Request.Host.Host.StartsWith(Bucket + ".", StringComparison.Ordinal) ? $"{Bucket}/" : "";
        var path = (inHost + Uri.UnescapeDataString(request.Path).TrimStart('/')).Split('/', 2);
        if (path[0] != Bucket)
        {
            throw new S3RefusalException(404, "NoSuchBucket", "The specified bucket does not exist.");
        }

        var key = path.Length > 1 ? path[1] : "";
        var query = http.Request.Query;
        var uploadId = (string?)query["uploadId"];
        var operation = (http.Request.Method, query.ContainsKey("uploads"), uploadId is not null) switch
        {
            ("PUT", _, true) => "PUT part",
            ("PUT", _, _) when request.Header("x-amz-copy-source") is not null => "COPY object",
            ("POST", true, _) => "BEGIN upload",
            ("POST", _, true) => "COMPLETE upload",
            ("DELETE", _, true) => "ABORT upload",
            var (method, _, _) => $"{method} object",
        };
        Taken.Enqueue((operation, request.Payload));
        switch (operation)
        {
            case "PUT object":
                var made = new S3Object(body, Time.GetUtcNow());
                if (request.Header("if-none-match") != "*")
                {
                    Objects.ByKey[key] = made;
                }
                else if (!Objects.ByKey.TryAdd(key, made))
                {
                    throw new S3RefusalException(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
                }

                http.Response.Headers.ETag = made.ETag;
                break;
            case "COPY object":
                var source = Find(Uri.UnescapeDataString(request.Header("x-amz-copy-source")!).TrimStart('/')[(Bucket.Length + 1)..]);
                Objects.ByKey[key] = source with { LastModified = Time.GetUtcNow() };
                await WriteXmlAsync(http, $"<CopyObjectResult><ETag>{source.ETag}</ETag><LastModified>{Time.GetUtcNow():O}</LastModified></CopyObjectResult>");
                break;
            case "BEGIN upload":
                var id = Guid.NewGuid().ToString("N");
                Objects.Uploads[id] = new ConcurrentDictionary<int, byte[]>();
                await WriteXmlAsync(http, $"<InitiateMultipartUploadResult><Bucket>{Bucket}</Bucket><Key>{key}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>");
                break;
            case "PUT part":
                Objects.Upload(uploadId)[int.Parse(query["partNumber"]!, CultureInfo.InvariantCulture)] = body;
                http.Response.Headers.ETag = S3Object.ETagOf(body);
                break;
            case "COMPLETE upload":
                Objects.ByKey[key] = new S3Object(Objects.Complete(uploadId!, PartsOf(body)), Time.GetUtcNow());
                await WriteXmlAsync(http, $"<CompleteMultipartUploadResult><Bucket>{Bucket}</Bucket><Key>{key}</Key><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>");
                break;
            case "ABORT upload":
                Objects.Upload(uploadId);
                Objects.Uploads.TryRemove(uploadId!, out _);
                http.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
            case "DELETE object":
                Objects.ByKey.TryRemove(key, out _);
                http.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
            default:
                await S3ObjectAnswer.SendAsync(http, Find(key), fault);
                break;
        }
    }

    private static List<(int Number, string ETag)> PartsOf(byte[] body)
    {
        using var xml = new MemoryStream(body);
        return [.. XDocument.Load(xml).Descendants().Where(element => element.Name.LocalName == "Part").Select(part => (
            int.Parse(Child(part, "PartNumber"), CultureInfo.InvariantCulture), Child(part, "ETag")))];
    }

    private static string Child(XElement part, string name) => part.Elements().Single(element => element.Name.LocalName == name).Value;

    private S3Object Find(string key) =>
        Objects.ByKey.TryGetValue(key, out var found) ? found : throw new S3RefusalException(404, "NoSuchKey", "The specified key does not exist.");

    private static async Task WriteXmlAsync(HttpContext http, string content)
    {
        http.Response.ContentType = "application/xml";
        await http.Response.WriteAsync($"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{content}");
    }
}
