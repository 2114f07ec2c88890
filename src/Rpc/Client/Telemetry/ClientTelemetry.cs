using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grpc.Core;

namespace Grpc.Net.Client.Telemetry;

/// <summary>One span and one measurement a call, both free while nobody listens. Names follow OpenTelemetry's conventions for RPC.</summary>
internal static class ClientTelemetry
{
    public const string Name = "BuildFarm.Rpc.Client";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("rpc.client.call.duration", "s", "Time from the start of a call to its status.");

    public static bool MeasuresDuration => Duration.Enabled;

    /// <summary>Starts the span of a call without making it the caller's current one.</summary>
    public static Activity? StartSpan(IMethod method, string target)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var current = Activity.Current;
        var span = Source.StartActivity($"{method.ServiceName}/{method.Name}", ActivityKind.Client);
        Activity.Current = current;
        span?.SetTag("rpc.system.name", "grpc").SetTag("rpc.method", $"{method.ServiceName}/{method.Name}").SetTag("server.address", target);
        return span;
    }

    public static void EndSpan(Activity? span, Status status)
    {
        if (span is null)
        {
            return;
        }

        span.SetTag("rpc.response.status_code", status.StatusCode.ToString());
        if (status.StatusCode != StatusCode.OK)
        {
            span.SetStatus(ActivityStatusCode.Error, status.Detail);
        }

        span.Stop();
    }

    public static void Record(IMethod method, StatusCode code, TimeSpan elapsed) => Duration.Record(
        elapsed.TotalSeconds,
        new KeyValuePair<string, object?>("rpc.system.name", "grpc"),
        new KeyValuePair<string, object?>("rpc.method", $"{method.ServiceName}/{method.Name}"),
        new KeyValuePair<string, object?>("rpc.response.status_code", code.ToString()));
}
