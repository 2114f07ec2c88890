using System.Net;
using System.Net.Sockets;
using BuildFarm.V1;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests.Conformance;

/// <summary>A task that asks for the network: the worker's operator decides.</summary>
public abstract class NetworkTests<TBench>
    where TBench : WorkerBench, new()
{
    [Theory]
    [InlineData(false, "allowed", false)]
    [InlineData(true, "allowed", true)]
    [InlineData(true, "none", false)]
    public async Task Host_FromATask_IsReachedOnlyWhenAskedForAndAllowed(bool allowed, string asked, bool reached)
    {
        await using var bench = new TBench { AllowNetwork = allowed };
        await bench.InitializeAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var end = await bench.RunAsync(new TaskRun("python3", "-c", $"import socket; socket.create_connection(('127.0.0.1', {port}), 60); print('reached')")
        {
            Platform = { ["network"] = asked },
        });
        Assert.Equal(reached ? (Outcome.Success, "reached\n") : (Outcome.Failure, ""), (end.Completion.Outcome, end.Output));
        if (!reached)
        {
            Assert.Contains("ConnectionRefusedError", end.Error, StringComparison.Ordinal);
        }
    }
}
