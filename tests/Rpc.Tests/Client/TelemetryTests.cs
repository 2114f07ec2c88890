using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grpc.Core;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Client;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Unary_Listened_MeasuresAndSpansAndPropagates()
    {
        var measured = new ConcurrentQueue<(double Seconds, string? Status, string? Method)>();
        using var meters = new MeterListener { InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "rpc.client.call.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        } };
        meters.SetMeasurementEventCallback<double>((_, value, tags, _) =>
        {
            var all = tags.ToArray().ToDictionary(t => t.Key, t => t.Value as string);
            measured.Enqueue((value, all["rpc.response.status_code"], all["rpc.method"]));
        });
        meters.Start();
        var spans = new ConcurrentQueue<Activity>();
        using var tracer = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "BuildFarm.Rpc.Client",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(tracer);

        await using var server = await ScriptedServer.StartAsync(context => context.EndAsync(StatusCode.NotFound, "no"));
        using var channel = server.Connect();
        await Guard.FailureOf(new TestService.TestServiceClient(channel).UnimplementedCallAsync(new Empty()).ResponseAsync);

        Assert.Null(Activity.Current);
        Assert.Contains(measured, m => m is { Status: "NotFound", Method: "grpc.testing.TestService/UnimplementedCall", Seconds: > 0 });
        var span = Assert.Single(spans, s => s.OperationName == "grpc.testing.TestService/UnimplementedCall");
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal(span.Id, server.Requests.Single().TraceParent.ToString());
    }
}
