using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using BuildFarm.Rpc.Server.Telemetry;
using BuildFarm.Rpc.Tests.Server.Support;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>What the server measures.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task Calls_Listened_AreMeasuredByMethodAndStatus()
    {
        var service = new DelegatingTestService { Unary = (request, _) => request.FillUsername ? throw new RpcException(new Status(StatusCode.NotFound, "")) : Task.FromResult(new SimpleResponse()) };
        await using var server = await TestServers.StartAsync(service);
        var meters = server.Services.GetRequiredService<IMeterFactory>();
        var measured = new ConcurrentQueue<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == RpcServerMetrics.MeterName && instrument.Meter.Scope == meters)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, seconds, tags, _) =>
        {
            var byName = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value);
            measured.Enqueue($"{instrument.Name} {byName["rpc.method"]} {byName["rpc.response.status_code"]} {seconds is > 0 and < 30}");
        });
        listener.Start();

        await server.Client().UnaryCallAsync(new SimpleRequest());
        await Assert.ThrowsAsync<RpcException>(async () => await server.Client().UnaryCallAsync(new SimpleRequest { FillUsername = true }));
        await server.StopAsync();

        Assert.Equal(
            ["rpc.server.call.duration grpc.testing.TestService/UnaryCall OK True", "rpc.server.call.duration grpc.testing.TestService/UnaryCall NOT_FOUND True"],
            measured);
    }
}
