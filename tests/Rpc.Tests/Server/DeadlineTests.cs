using BuildFarm.Rpc.Tests.Server.Support;
using BuildFarm.TestKit;
using Grpc.Core;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>
/// Deadlines as the server keeps them. The raw client sends <c>grpc-timeout</c> and then only listens, so the status comes from the server.
/// </summary>
public sealed class DeadlineTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly ManualClock _clock = new();

    private static RawCall Hurried() => new() { Headers = { ["grpc-timeout"] = "2S" } };

    [Fact]
    public async Task Deadline_HandlerIgnoresIt_ClientGetsStatusAtOnce()
    {
        var (began, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var service = new DelegatingTestService
        {
            Unary = async (_, _) =>
            {
                began.SetResult();
                await release.Task;
                return new SimpleResponse();
            },
        };
        await using var server = await TestServers.StartAsync(service, clock: _clock);
        var call = Hurried().SendAsync(server, TestServers.Unary);
        await began.Task.WaitAsync(TestServers.Guard);
        _clock.Advance(Limit - TimeSpan.FromTicks(1));
        // Another call goes through meanwhile, and this one has not ended.
        Assert.Equal(StatusCode.Unimplemented, (await Hurried().SendAsync(server, TestServers.Unary + "No")).Status);
        Assert.False(call.IsCompleted);

        _clock.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(StatusCode.DeadlineExceeded, (await call).Status);
        release.SetResult();
    }

    [Fact]
    public async Task Deadline_StreamHasMessages_StatusFollowsThem()
    {
        var (written, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var service = new DelegatingTestService
        {
            Output = async (_, responses, _) =>
            {
                await responses.WriteAsync(new StreamingOutputCallResponse());
                written.SetResult();
                await release.Task;
            },
        };
        await using var server = await TestServers.StartAsync(service, clock: _clock);
        var call = Hurried().SendAsync(server, TestServers.Output);
        await written.Task.WaitAsync(TestServers.Guard);
        _clock.Advance(Limit);

        var response = await call;

        Assert.Equal(StatusCode.DeadlineExceeded, response.Status);
        Assert.Equal(RawCall.Frame([]), response.Body);
        release.SetResult();
    }

    [Fact]
    public async Task Deadline_HandlerWaitsOnToken_TokenIsCancelledAndWritesFail()
    {
        var waits = new TaskCompletionSource();
        var writeError = new TaskCompletionSource<Exception?>();
        var service = new DelegatingTestService
        {
            Output = async (_, responses, context) =>
            {
                var cancelled = new TaskCompletionSource();
                await using var registration = context.CancellationToken.Register(cancelled.SetResult);
                waits.SetResult();
                await cancelled.Task;
                writeError.SetResult(await Record.ExceptionAsync(() => responses.WriteAsync(new StreamingOutputCallResponse())));
            },
        };
        await using var server = await TestServers.StartAsync(service, clock: _clock);
        var call = Hurried().SendAsync(server, TestServers.Output);
        await waits.Task.WaitAsync(TestServers.Guard);
        _clock.Advance(Limit);

        Assert.Equal(StatusCode.DeadlineExceeded, (await call).Status);
        Assert.IsAssignableFrom<OperationCanceledException>(await writeError.Task.WaitAsync(TestServers.Guard));
    }

    [Fact]
    public async Task Deadline_HandlerReadsOn_ReadEnds()
    {
        var reads = new TaskCompletionSource();
        var readError = new TaskCompletionSource<Exception?>();
        var service = new DelegatingTestService
        {
            Duplex = async (requests, _, _) =>
            {
                var read = requests.MoveNext();
                reads.SetResult();
                readError.SetResult(await Record.ExceptionAsync(() => read));
            },
        };
        await using var server = await TestServers.StartAsync(service, clock: _clock);
        // The client's own clock is far from it.
        using var call = server.Client().FullDuplexCall(deadline: DateTime.UtcNow.AddHours(1));
        await reads.Task.WaitAsync(TestServers.Guard);
        _clock.Advance(TimeSpan.FromHours(1));

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
