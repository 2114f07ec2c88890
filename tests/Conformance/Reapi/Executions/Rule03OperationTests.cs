using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Google.Bytestream;
using Google.LongRunning;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Executions;

public sealed class Rule03OperationTests(ServerUnderTest server) : ExecutionTests(server)
{
    [Theory]
    [InlineData("true")]
    [InlineData("exit 3")]
    public async Task Execute_Stream_IsDoneExactlyWhenCompleted(string script)
    {
        var operations = await ExecuteAllAsync(await StoreActionAsync(Shell(script)));

        Assert.All(operations, operation => Assert.Equal(MetadataOf(operation).Stage == ExecutionStage.Types.Value.Completed, operation.Done));
        Assert.All(operations.SkipLast(1), operation => Assert.Equal(Operation.ResultOneofCase.None, operation.ResultCase));
        Assert.NotNull(ResponseOf(operations[^1]).Result);
    }

    [Fact]
    public async Task Execute_CommandFails_IsAResultWithItsExitCode()
    {
        var result = ResultOf(await ExecuteAsync(Shell("echo said; exit 3", "made")));

        Assert.Equal(3, result.ExitCode);
        Assert.Equal("said\n", await StandardOutputAsync(result));
    }

    [Fact]
    public async Task Execute_ProgramIsNotThere_IsNoErrorOfTheOperation()
    {
        var response = await ExecuteAsync(new Command { Arguments = { $"no-such-program-{FreshText()}" } });

        Assert.True(response.Status?.Code is null or 0 ? response.Result.ExitCode != 0 : response.Status.Message.Length > 0);
    }

    [Fact]
    public async Task Execute_Metadata_NamesActionWorkerAndTimes()
    {
        var action = await StoreActionAsync(Shell("true"));

        var operations = await ExecuteAllAsync(action);

        Assert.All(operations, operation => Assert.Equal(action, MetadataOf(operation).ActionDigest));
        var metadata = ResultOf(ResponseOf(operations[^1])).ExecutionMetadata;
        Assert.NotEmpty(metadata.Worker);
        var times = new[]
        {
            metadata.QueuedTimestamp, metadata.WorkerStartTimestamp, metadata.InputFetchStartTimestamp, metadata.InputFetchCompletedTimestamp,
            metadata.ExecutionStartTimestamp, metadata.ExecutionCompletedTimestamp, metadata.OutputUploadStartTimestamp,
            metadata.OutputUploadCompletedTimestamp, metadata.WorkerCompletedTimestamp,
        };
        Assert.All(times, Assert.NotNull);
        Assert.Equal(times.Select(time => time.ToDateTimeOffset()).Order(), times.Select(time => time.ToDateTimeOffset()));
    }

    [Fact]
    public async Task Execute_LogStreams_AreReadWhileTheCommandRuns()
    {
        using var call = Begin(await StoreActionAsync(Shell($"echo early; {RunsForLong}")));
        var running = await ReadUntilAsync(call, ExecutionStage.Types.Value.Executing);
        var name = MetadataOf(running).StdoutStreamName;
        Assert.SkipWhen(name.Length == 0, "this server streams no output");
        using var log = Streams.Read(new ReadRequest { ResourceName = name }, deadline: Deadline());
        var text = "";

        while (text.Length < 6 && await log.ResponseStream.MoveNext(Token))
        {
            text += log.ResponseStream.Current.Data.ToStringUtf8();
        }

        Assert.Equal("early\n", text);
        await CancelAsync(running.Name);
        Assert.False(await log.ResponseStream.MoveNext(Token));
        await ReadAllAsync(call);
    }

    [Fact]
    public async Task Execute_LogStreams_GoOnToTheEndOfTheCommand()
    {
        using var call = Begin(await StoreActionAsync(Shell("echo early; sleep 2; echo late")));
        var name = MetadataOf(await ReadUntilBegunAsync(call)).StdoutStreamName;
        Assert.SkipWhen(name.Length == 0, "this server streams no output");

        Assert.Equal("early\nlate\n", System.Text.Encoding.UTF8.GetString(await ReadAsync(name)));
        await ReadAllAsync(call);
    }
}
