using System.Text;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Runs;
using BuildFarm.V1;
using Google.Protobuf;
using Grpc.Net.Client;
using Xunit;

namespace BuildFarm.Cli.Tests.Runs;

/// <summary>What a command wrote is shown once, whatever its events say again.</summary>
public sealed class LiveOutputSinkTests
{
    [Fact]
    public async System.Threading.Tasks.Task Changed_EndThatIsToldAgainOtherwise_IsNotShownAgain()
    {
        using var channel = GrpcChannel.ForAddress("http://127.0.0.1:1");
        await using var farm = new FarmConnection(channel.CreateCallInvoker(), "nowhere", isEmbedded: false, "", static () => ValueTask.CompletedTask);
        using var output = new MemoryStream();
        using var errors = new MemoryStream();
        await using var sink = new LiveOutputSink(new TaskLog(farm, TimeProvider.System), output, errors, TimeProvider.System);
        var ended = new V1.Task
        {
            Name = "t",
            State = TaskState.Finished,
            Outcome = Outcome.Success,
            Result = new ActionResult { StdoutRaw = ByteString.CopyFromUtf8("alive\n"), StderrRaw = ByteString.CopyFromUtf8("but late\n") },
        };
        var again = ended.Clone();
        again.Attempt = 1;
        again.StdoutStreamName = "logstreams/another";

        await sink.ChangedAsync(new TaskChange(null, ended), TestContext.Current.CancellationToken);
        await sink.ChangedAsync(new TaskChange(ended, again), TestContext.Current.CancellationToken);

        Assert.Equal(("alive\n", "but late\n"), (Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(errors.ToArray())));
    }
}
