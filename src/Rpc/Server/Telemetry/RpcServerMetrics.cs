using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace BuildFarm.Rpc.Server.Telemetry;

/// <summary>
/// Measures calls under the names of OpenTelemetry's semantic conventions: the histogram <c>rpc.server.call.duration</c> in
/// seconds, and tags on the request's activity. Costs nothing while nobody listens.
/// </summary>
public sealed class RpcServerMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "BuildFarm.Rpc.Server";

    private readonly Histogram<double> _duration;

    /// <summary>Makes the instruments.</summary>
    public RpcServerMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _duration = meters.Create(MeterName).CreateHistogram<double>(
            "rpc.server.call.duration",
            "s",
            "Duration of incoming calls.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600] });
    }

    internal long Start() => _duration.Enabled ? Stopwatch.GetTimestamp() : 0;

    internal void Stop(long started, HttpContext http, string method, StatusCode status)
    {
        if (started != 0)
        {
            _duration.Record(
                Stopwatch.GetElapsedTime(started).TotalSeconds,
                new KeyValuePair<string, object?>("rpc.system.name", "grpc"),
                new KeyValuePair<string, object?>("rpc.method", method[1..]),
                new KeyValuePair<string, object?>("rpc.response.status_code", StatusCodeNames.Of(status)));
        }

        if (http.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } activity)
        {
            activity.DisplayName = method[1..];
            activity.SetTag("rpc.system.name", "grpc");
            activity.SetTag("rpc.method", method[1..]);
            activity.SetTag("rpc.response.status_code", StatusCodeNames.Of(status));
            if (StatusCodeNames.IsServerError(status))
            {
                activity.SetStatus(ActivityStatusCode.Error);
            }
        }
    }
}
