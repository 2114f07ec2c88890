using BuildFarm.Rpc.Wire;
using BuildFarm.TestKit;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace BuildFarm.Rpc.Tests.Client;

public sealed class CancellationTests
{
    [Fact]
    public async Task Deadline_ServerNeverAnswers_FailsAndResetsTheStream()
    {
        var limit = TimeSpan.FromMilliseconds(300);
        var clock = new ManualClock();
        var aborted = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.UntilAbortedAsync();
            aborted.SetResult();
        });
        using var channel = server.Connect(options => options.TimeProvider = clock);
        var call = new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), deadline: clock.In(limit));
        await server.Arrived.Within();
        clock.Advance(limit);
        Assert.Equal(StatusCode.DeadlineExceeded, (await Guard.FailureOf(call.ResponseAsync)).StatusCode);
        await aborted.Task.Within();
        Assert.True(GrpcTimeout.TryParse(server.Requests.Single()[ProtocolNames.TimeoutHeader].ToString(), out var timeout));
        Assert.Equal(limit, timeout);
    }

    [Fact]
    public async Task Deadline_AlreadyPast_SendsNothing()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.ReplyAsync(new Empty()));
        using var channel = server.Connect();
        var call = new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), deadline: DateTime.UtcNow.AddSeconds(-1));
        Assert.Equal(StatusCode.DeadlineExceeded, (await Guard.FailureOf(call.ResponseAsync)).StatusCode);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Deadline_DuringStream_EndsTheRead()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.SendAsync(new StreamingOutputCallResponse());
            await context.UntilAbortedAsync();
        });
        var clock = new ManualClock();
        using var channel = server.Connect(options => options.TimeProvider = clock);
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest(), deadline: clock.In(TimeSpan.FromSeconds(1)));
        Assert.True(await call.ResponseStream.MoveNext(default).Within());
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(StatusCode.DeadlineExceeded, (await Guard.FailureOf(call.ResponseStream.MoveNext(default))).StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Deadline_ServerCancelsFirst_IsStillDeadlineExceeded()
    {
        var deadline = DateTime.UtcNow.AddMilliseconds(200);
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.UntilAbortedAsync();
        });
        using var channel = server.Connect();
        var call = new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), deadline: deadline);
        var error = await Guard.FailureOf(call.ResponseAsync);
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Unary_CancelledByTokenOrDispose_ResetsTheStream(bool byToken)
    {
        var arrived = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            arrived.SetResult();
            await context.UntilAbortedAsync();
            aborted.SetResult();
        });
        using var channel = server.Connect();
        using var cancellation = new CancellationTokenSource();
        var call = new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), cancellationToken: cancellation.Token);
        await arrived.Task.Within();
        if (byToken)
        {
            await cancellation.CancelAsync();
        }
        else
        {
            call.Dispose();
        }

        Assert.Equal(StatusCode.Cancelled, (await Guard.FailureOf(call.ResponseAsync)).StatusCode);
        await aborted.Task.Within();
    }

    [Fact]
    public async Task Duplex_Disposed_ResetsTheStreamAndEndsReadsAndWrites()
    {
        var aborted = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.SendAsync(new StreamingOutputCallResponse());
            await context.UntilAbortedAsync();
            aborted.SetResult();
        });
        using var channel = server.Connect();
        var call = new TestService.TestServiceClient(channel).FullDuplexCall();
        Assert.True(await call.ResponseStream.MoveNext(default).Within());
        var read = call.ResponseStream.MoveNext(default);
        call.Dispose();
        Assert.Equal(StatusCode.Cancelled, (await Guard.FailureOf(read)).StatusCode);
        Assert.Equal(StatusCode.Cancelled, (await Guard.FailureOf(call.RequestStream.WriteAsync(new StreamingOutputCallRequest()))).StatusCode);
        await aborted.Task.Within();
    }

    [Fact]
    public async Task MoveNext_TokenCancelled_CancelsTheCall()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.Response.StartAsync();
            await context.UntilAbortedAsync();
        });
        using var channel = server.Connect();
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest());
        using var cancellation = new CancellationTokenSource();
        var read = call.ResponseStream.MoveNext(cancellation.Token);
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Guard.FailureOf(read)).StatusCode);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Unary_OptionForOperationCanceled_ThrowsIt()
    {
        await using var server = await ScriptedServer.StartAsync(ScriptMoves.UntilAbortedAsync);
        using var channel = server.Connect(options => options.ThrowOperationCanceledOnCancellation = true);
        using var cancellation = new CancellationTokenSource();
        var call = new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.ResponseAsync.Within());
    }

    [Fact]
    public async Task Write_ServerEndsEarlyWithFailure_ThrowsItsStatus()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.EndAsync(StatusCode.ResourceExhausted, "enough");
            context.Reset(0);
        });
        using var channel = server.Connect();
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall();
        Assert.Equal(StatusCode.ResourceExhausted, (await Guard.FailureOf(call.ResponseAsync)).StatusCode);
        var error = await Guard.FailureOf(call.RequestStream.WriteAsync(new StreamingInputCallRequest()));
        Assert.Equal((StatusCode.ResourceExhausted, "enough"), (error.StatusCode, error.Status.Detail));
        await call.RequestStream.CompleteAsync();
    }

    [Fact]
    public async Task Write_ServerAnswersOkEarly_FailsAndTheResponseIsGood()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.ReplyAsync(new StreamingInputCallResponse { AggregatedPayloadSize = 7 });
            context.Reset(0);
        });
        using var channel = server.Connect();
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall();
        Assert.Equal(7, (await call.ResponseAsync.Within()).AggregatedPayloadSize);
        Assert.Equal(StatusCode.OK, (await Guard.FailureOf(call.RequestStream.WriteAsync(new StreamingInputCallRequest()))).StatusCode);
    }

    [Fact]
    public async Task Write_AfterComplete_IsInvalid()
    {
        await using var server = await ScriptedServer.StartAsync(ScriptMoves.UntilAbortedAsync);
        using var channel = server.Connect();
        using var call = new TestService.TestServiceClient(channel).FullDuplexCall();
        await call.RequestStream.CompleteAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new StreamingOutputCallRequest()));
    }
}
