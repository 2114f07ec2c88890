using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Remote;
using BuildFarm.Digests.Trees;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Google.LongRunning;
using Grpc.Core;
using Xunit;
using Digest = BuildFarm.Digests.Digest;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>Where tasks go that share their inputs: two workers with files of their own.</summary>
public sealed class PlacementTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Tasks_OfTheSameInputs_GoToTheWorkerThatHasThem()
    {
        await using var farm = await FarmInProcess.StartAsync();
        var blobs = new RemoteBlobStore(farm.Channel.CreateCallInvoker());
        var shared = await PutTreeAsync(blobs, "shared");
        await farm.StartWorkerAsync("first");
        Assert.Equal("first", await RunAsync(farm, "warm up", await PutTreeAsync(blobs, "other")));
        await farm.DrainAsync("first", drain: true);
        await farm.StartWorkerAsync("second");
        Assert.Equal("second", await RunAsync(farm, "while the first takes nothing", shared));
        await farm.DrainAsync("first", drain: false);
        // Its place is free when it has said that it has forgotten the task.
        await Eventually.IsTrueAsync(
            async token => (await new Admin.AdminClient(farm.Channel).ListWorkersAsync(new ListWorkersRequest(), cancellationToken: token))
                .Workers.Single(static worker => worker.WorkerId == "second").InUse.CpuMillis == 0,
            TestContext.Current.CancellationToken);

        var again = await RunAsync(farm, "again", shared);
        var others = await RunAsync(farm, "of inputs that nobody has", await PutTreeAsync(blobs, "new"));
        var action = await ExecuteAsync(farm, blobs, "an action", shared);

        Assert.Equal(("second", "first", "second"), (again, others, action));
    }

    /// <summary>Runs a task of a job; gives its worker.</summary>
    private static async Task<string> RunAsync(FarmInProcess farm, string name, Digest inputs)
    {
        var client = new Jobs.JobsClient(farm.Channel);
        var template = new TaskTemplate { Name = "t", Kind = TaskKind.Build, Arguments = { "sh", "-c", $"cat file # {name}" }, InputRootDigest = inputs.ToProto() };
        var job = (await client.SubmitJobAsync(new SubmitJobRequest { Spec = new JobSpec { Name = name, Tasks = { template } } })).JobId;
        using var watch = client.WatchJob(new WatchJobRequest { JobId = job }, deadline: Deadline());
        while (await watch.ResponseStream.MoveNext(CancellationToken.None))
        {
        }

        var task = (await client.GetJobAsync(new GetJobRequest { JobId = job })).Tasks.Single();
        Assert.True(task.Outcome == Outcome.Success, task.ToString());
        return task.Worker;
    }

    /// <summary>Runs an action as a build tool would; gives its worker.</summary>
    private static async Task<string> ExecuteAsync(FarmInProcess farm, IBlobStore blobs, string name, Digest inputs)
    {
        var command = new Command { Arguments = { "sh", "-c", $"cat file # {name}" } };
        var action = new Build.Bazel.Remote.Execution.V2.Action
        {
            CommandDigest = (await blobs.PutMessageAsync(command)).ToProto(),
            InputRootDigest = inputs.ToProto(),
        };
        var request = new ExecuteRequest { ActionDigest = (await blobs.PutMessageAsync(action)).ToProto() };
        using var call = new Execution.ExecutionClient(farm.Channel).Execute(request, deadline: Deadline());
        Operation? last = null;
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            last = call.ResponseStream.Current;
        }

        Assert.NotNull(last?.Response);
        return last.Response.Unpack<ExecuteResponse>().Result.ExecutionMetadata.Worker;
    }

    private static async Task<Digest> PutTreeAsync(IBlobStore blobs, string content)
    {
        var tree = new MerkleTreeBuilder();
        tree.AddFile("file", await blobs.PutBytesAsync(System.Text.Encoding.UTF8.GetBytes(content)));
        var built = tree.Build();
        foreach (var directory in built.Directories.Values)
        {
            await blobs.PutBytesAsync(directory.Bytes);
        }

        return built.Root;
    }

    private static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime + Patience;
}
