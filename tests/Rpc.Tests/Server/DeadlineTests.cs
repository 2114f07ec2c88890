using System.Diagnostics;
using BuildFarm.Rpc.Tests.Server.Support;
using Grpc.Core;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>
/// Deadlines as the server keeps them. The raw client sends <c>grpc-timeout</c> and then only listens, so the status comes from the server.
/// </summary>
public sealed class DeadlineTests
{
    /// <summary>Long enough that the handler has begun by then on a loaded machine.</summary>
    private static RawCall Hurried() => new() { Headers = { ["grpc-timeout"] = "2S" } };

    [Fact]
    public async Task Deadline_HandlerIgnoresIt_ClientGetsStatusAtOnce()
    {
        var release = new TaskCompletionSource();
        var service = new DelegatingTestService
        {
            Unary = async (_, _) =>
            {
                await release.Task;
                return new SimpleResponse();
            },
        };
        await using var server = await TestServers.StartAsync(service);
        var watch = Stopwatch.StartNew();

        var response = await Hurried().SendAsync(server, TestServers.Unary);

        Assert.Equal(StatusCode.DeadlineExceeded, response.Status);
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1.9), TestServers.Guard / 2);
        release.SetResult();
    }

    [Fact]
    public async Task Deadline_StreamHasMessages_StatusFollowsThem()
    {
        var release = new TaskCompletionSource();
        var service = new DelegatingTestService
        {
            Output = async (_, responses, _) =>
            {
                await responses.WriteAsync(new StreamingOutputCallResponse());
                await release.Task;
            },
        };
        await using var server = await TestServers.StartAsync(service);

        var response = await Hurried().SendAsync(server, TestServers.Output);

        Assert.Equal(StatusCode.DeadlineExceeded, response.Status);
        Assert.Equal(RawCall.Frame([]), response.Body);
        release.SetResult();
    }

    [Fact]
    public async Task Deadline_HandlerWaitsOnToken_TokenIsCancelledAndWritesFail()
    {
        var writeError = new TaskCompletionSource<Exception?>();
        var service = new DelegatingTestService
        {
            Output = async (_, responses, context) =>
            {
                var cancelled = new TaskCompletionSource();
                await using var registration = context.CancellationToken.Register(cancelled.SetResult);
                await cancelled.Task;
                writeError.SetResult(await Record.ExceptionAsync(() => responses.WriteAsync(new StreamingOutputCallResponse())));
            },
        };
        await using var server = await TestServers.StartAsync(service);

        var response = await Hurried().SendAsync(server, TestServers.Output);

        Assert.Equal(StatusCode.DeadlineExceeded, response.Status);
        Assert.IsAssignableFrom<OperationCanceledException>(await writeError.Task.WaitAsync(TestServers.Guard));
    }

    [Fact]
    public async Task Deadline_HandlerReadsOn_ReadEnds()
    {
        var readError = new TaskCompletionSource<Exception?>();
        var service = new DelegatingTestService
        {
            Duplex = async (requests, _, _) => readError.SetResult(await Record.ExceptionAsync(() => requests.MoveNext())),
        };
        await using var server = await TestServers.StartAsync(service);
        using var call = server.Client().FullDuplexCall(deadline: DateTime.UtcNow.AddSeconds(2));

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        Assert.IsAssignableFrom<OperationCanceledException>(await readError.Task.WaitAsync(TestServers.Guard));
    }

    [Fact]
    public async Task Deadline_FarAway_DoesNothing()
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService());

        foreach (var timeout in new[] { "99999999H", "40S", "2M" })
        {
            var response = await new RawCall { Headers = { ["grpc-timeout"] = timeout } }.SendAsync(server, TestServers.Unary);
            Assert.Equal(StatusCode.OK, response.Status);
        }
    }

    [Fact]
    public async Task Deadline_RacesWithManyEnds_EveryCallHasOneStatus()
    {
        var service = new DelegatingTestService
        {
            Unary = async (_, context) =>
            {
                await Task.Delay(context.Deadline - DateTime.UtcNow is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero, TimeProvider.System);
                return new SimpleResponse();
            },
        };
        await using var server = await TestServers.StartAsync(service);

        var responses = await Task.WhenAll(Enumerable.Range(0, 200).Select(i =>
            new RawCall { Headers = { ["grpc-timeout"] = $"{20 + (i % 20)}m" } }.SendAsync(server, TestServers.Unary)));

        Assert.All(responses, response => Assert.Contains(response.Status, new[] { StatusCode.OK, StatusCode.DeadlineExceeded }));
    }
}
