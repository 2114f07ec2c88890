using System.Text;
using BuildFarm.Cli.Runs;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Cli.Tests.Runs;

/// <summary>The log of a task that was ended: what a stream has that nobody finished, and a line that says that it is no more.</summary>
public sealed class TaskLogTests
{
    private const string Silent = "[its output cannot be read: nothing more came for 10 s, and its end was never written]";

    private readonly ManualClock _time = new();
    private readonly LogStreamInvoker _stream = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Excerpt_OfASlowStream_IsCutOnlyWhenNothingComesForLong()
    {
        await using var farm = _stream.Farm();
        _stream.Write("first\n");
        var excerpt = new TaskLog(farm, _time).ExcerptAsync(Ended(), Token);

        foreach (var piece in (string[])["second\n", "third\n", "fou"])
        {
            Assert.NotSame(excerpt, await Task.WhenAny(excerpt, _stream.ReaderWaitsAsync()));
            _time.Advance(TimeSpan.FromSeconds(9));
            _stream.Write(piece);
        }

        Assert.NotSame(excerpt, await Task.WhenAny(excerpt, _stream.ReaderWaitsAsync()));
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["first", "second", "third", "fou", Silent], (await excerpt).Head);
    }

    [Fact]
    public async Task LiveOutput_OfATaskThatIsSilent_IsFollowedUntilItHasEndedAndSilenceCounts()
    {
        await using var farm = _stream.Farm();
        using var output = new MemoryStream();
        using var errors = new MemoryStream();
        await using var sink = new LiveOutputSink(new TaskLog(farm, _time), output, errors, _time);
        var running = new V1.Task { Name = "t", State = TaskState.Running, StdoutStreamName = "logstreams/one" };
        _stream.Write("a");
        await sink.ChangedAsync(new TaskChange(null, running), Token);
        await _stream.ReaderWaitsAsync();
        _time.Advance(TimeSpan.FromSeconds(3600));

        var completing = sink.ChangedAsync(new TaskChange(running, Ended()), Token);
        _time.Advance(TimeSpan.FromSeconds(9));
        _stream.Write("b");
        Assert.NotSame(completing, await Task.WhenAny(completing, _stream.ReaderWaitsAsync()));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(completing.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await completing;

        Assert.Equal(("ab", Silent + "\n"), (Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(errors.ToArray())));
    }

    private static V1.Task Ended() => new()
    {
        Name = "t",
        State = TaskState.Finished,
        Outcome = Outcome.Cancelled,
        Origin = ResultOrigin.Executed,
        StdoutStreamName = "logstreams/one",
    };
}
