using BuildFarm.Worker.Containers.Docker.Engine;
using Xunit;

namespace BuildFarm.Worker.Tests.Docker.Engine;

/// <summary>A daemon that fails, lies or is no daemon: each is an error with one line, in bounded time and memory.</summary>
public sealed class MalformedAnswerTests
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Ping_WithoutADaemon_NamesTheSocket()
    {
        using var client = new DockerClient("/nonexistent/docker.sock", TimeProvider.System);
        var error = (await client.PingAsync(CancellationToken.None)).Error!;
        Assert.Equal(0, error.Status);
        Assert.StartsWith("the Docker daemon at /nonexistent/docker.sock cannot be reached: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.41", "1.41")]
    [InlineData("1.44", "1.44")]
    [InlineData("1.99", "1.47")]
    [InlineData("2.0", "1.47")]
    public async Task Ping_NegotiatesTheNewestThatBothSpeak_AndCallsSpeakIt(string daemons, string spoken)
    {
        await using var engine = FakeEngine.Saying(FakeEngine.Answer(200, "OK", $"Api-Version: {daemons}\r\n"));
        using var client = new DockerClient(engine.Path, TimeProvider.System);
        Assert.Equal(spoken, (await client.PingAsync(CancellationToken.None)).Value.ToString());
        await client.InspectAsync("x", CancellationToken.None);
        Assert.StartsWith($"GET /v{spoken}/containers/x/json ", engine.Requests[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Api-Version: 1.24\r\n", "1.41 (Docker 20.10) is the oldest that will do")]
    [InlineData("Api-Version: new\r\n", "is no Docker daemon")]
    [InlineData("", "is no Docker daemon")]
    public async Task Ping_OfWhatWillNotDo_SaysSo(string header, string message)
    {
        await using var engine = FakeEngine.Saying(FakeEngine.Answer(200, "OK", header));
        using var client = new DockerClient(engine.Path, TimeProvider.System);
        Assert.Contains(message, (await client.PingAsync(CancellationToken.None)).Error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"message":"no room\nleft"}""", "no room; left")]
    [InlineData("<html>gateway</html>", "<html>gateway</html>")]
    [InlineData("", "the Docker daemon answered POST /v1.41/containers/x/start with status 500")]
    [InlineData("""{"message":17}""", """{"message":17}""")]
    public async Task Error_OfTheDaemon_HasItsStatusAndOneLine(string body, string message)
    {
        await using var engine = FakeEngine.Saying(FakeEngine.Answer(500, body));
        using var client = new DockerClient(engine.Path, TimeProvider.System);
        Assert.Equal(new DockerError(500, message), await client.StartAsync("x", CancellationToken.None));
    }

    [Fact]
    public async Task Error_WithAHugeBody_IsCutAndDoesNotWaitForItsEnd()
    {
        // A length of a terabyte, of which little comes: only the first part is ever read.
        var start = "HTTP/1.1 500 X\r\nContent-Length: 1000000000000\r\n\r\n" + new string('x', 100_000);
        await using var engine = FakeEngine.Saying(start);
        using var client = new DockerClient(engine.Path, TimeProvider.System);
        var error = await client.StartAsync("x", CancellationToken.None).WaitAsync(Guard);
        Assert.Equal((500, 501), (error!.Status, error.Message.Length));
    }

    [Theory]
    [InlineData("{\"Id\":")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task Answer_ThatIsNotWhatWasAskedFor_IsAnError(string body)
    {
        await using var engine = FakeEngine.Saying(FakeEngine.Answer(200, body));
        using var client = new DockerClient(engine.Path, TimeProvider.System);
        var error = (await client.InspectAsync("x", CancellationToken.None)).Error!;
        Assert.StartsWith("the Docker daemon's answer to GET /v1.41/containers/x/json cannot be read: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"Id\":")]
    [InlineData("SSH-2.0-OpenSSH\r\n")]
    public async Task Answer_ThatBreaksOff_IsAnError(string text)
    {
        await using var engine = FakeEngine.Saying(text);
        using var client = new DockerClient(engine.Path, TimeProvider.System);
        Assert.Equal(0, (await client.InspectAsync("x", CancellationToken.None).WaitAsync(Guard)).Error!.Status);
    }

    [Fact]
    public async Task Answer_LargerThanAnyInUse_IsRefused()
    {
        await using var engine = FakeEngine.Saying("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n[");
        using var client = new DockerClient(engine.Path, TimeProvider.System);
        Assert.Contains("cannot be read", (await client.ListAsync("a=b", CancellationToken.None).WaitAsync(Guard)).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_ThatIsNotAnswered_EndsAtItsLimitOrWhenCancelled()
    {
        await using var engine = FakeEngine.Silent();
        var time = new FiredTime();
        using var client = new DockerClient(engine.Path, time);
        var call = client.InspectAsync("x", CancellationToken.None);
        time.Fire();
        Assert.EndsWith("has not answered GET /v1.41/containers/x/json within 30 s", (await call.WaitAsync(Guard)).Error!.Message, StringComparison.Ordinal);

        using var stop = new CancellationTokenSource();
        var wait = client.WaitAsync("x", stop.Token);
        time.Fire();
        Assert.False(wait.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(Guard));
    }

    [Fact]
    public async Task LongCall_ThatFailsHalfWay_IsAnErrorAlthoughItBeganWell()
    {
        const string Lines = "{\"status\":\"Importing\"}\n{\"errorDetail\":{\"message\":\"no space\"},\"error\":\"no space\"}\n";
        await using var engine = FakeEngine.Saying(FakeEngine.Answer(200, Lines));
        using var client = new DockerClient(engine.Path, TimeProvider.System);
        Assert.Equal("no space", (await client.LoadImageAsync(new MemoryStream([1]), CancellationToken.None))!.Message);
    }

    [Fact]
    public async Task Pull_WithoutADigest_IsRefusedBeforeAnythingIsAsked()
    {
        await using var engine = FakeEngine.Saying(FakeEngine.Answer(200, ""));
        using var client = new DockerClient(engine.Path, TimeProvider.System);
        Assert.Contains("names no digest", (await client.PullImageAsync("debian:12", CancellationToken.None))!.Message, StringComparison.Ordinal);
        Assert.Empty(engine.Requests);
    }

    [Fact]
    public async Task Events_ThatBreakOff_EndWithAnError()
    {
        const string Event = """{"Type":"container","Action":"die","Actor":{"ID":"a","Attributes":{}}}""";
        await using var engine = FakeEngine.Saying($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{Event.Length:x}\r\n{Event}\r\n7\r\n{{\"Type\"\r\n");
        using var client = new DockerClient(engine.Path, TimeProvider.System);
        var events = new List<DockerResult<EngineEvent>>();
        await foreach (var next in client.EventsAsync("a=b", CancellationToken.None))
            events.Add(next);
        Assert.Equal(2, events.Count);
        Assert.Equal(("die", "a"), (events[0].Value.Action, events[0].Value.Actor.ID));
        Assert.Contains("broke off", events[1].Error!.Message, StringComparison.Ordinal);
    }
}
