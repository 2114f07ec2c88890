using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Digests.Trees;
using BuildFarm.Hosting;
using Google.LongRunning;
using Grpc.Core;
using Xunit;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Reapi;

/// <summary>No worker is linked: what is executed here waits, and only the coordinator has a say.</summary>
public sealed class OperationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Execute_NobodyWaitsForTheGrace_IsCancelled()
    {
        await using var farm = await TestFarm.StartAsync(options => options.Reapi.WaiterGrace = TimeSpan.FromSeconds(1));
        string name;
        AsyncServerStreamingCall<V1.JobEvent> watch;
        var last = new V1.JobEvent();
        using (var call = await BeginAsync(farm))
        {
            Assert.True(await call.ResponseStream.MoveNext(Token));
            name = call.ResponseStream.Current.Name;
            // Once it has ended nobody can begin to watch it.
            watch = farm.Jobs.WatchJob(new V1.WatchJobRequest { JobId = name["operations/".Length..] }, deadline: TestFarm.Deadline());
            Assert.True(await watch.ResponseStream.MoveNext(Token));
        }

        using (watch)
        {
            while (await watch.ResponseStream.MoveNext(Token))
                last = watch.ResponseStream.Current;
        }

        Assert.Equal((1, 0), (last.Finished.Summary.Cancelled, last.Finished.Summary.Succeeded));
        var operation = await new Operations.OperationsClient(farm.Channel).GetOperationAsync(new GetOperationRequest { Name = name }, deadline: TestFarm.Deadline());
        Assert.Equal((int)StatusCode.Cancelled, operation.Response.Unpack<ExecuteResponse>().Status.Code);
    }

    [Fact]
    public async Task Execute_NothingChanges_IsToldAgain()
    {
        await using var farm = await TestFarm.StartAsync(options => options.Reapi.UpdateInterval = TimeSpan.FromMilliseconds(100));
        using var call = await BeginAsync(farm);

        for (var i = 0; i < 5; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(Token));
            Assert.False(call.ResponseStream.Current.Done);
        }
    }

    [Theory]
    [InlineData("unheard-of", StatusCode.FailedPrecondition)]
    [InlineData("dockerNetwork", StatusCode.OK)]
    public async Task Execute_PropertyThatNoPoolOffers_IsRefusedUnlessIgnored(string property, StatusCode expected)
    {
        await using var farm = await TestFarm.StartAsync(options =>
        {
            options.Reapi.StartGrace = TimeSpan.Zero;
            options.Reapi.IgnoredProperties.Add("dockerNetwork");
        });
        using var call = await BeginAsync(farm, action => action.Platform = new Platform { Properties = { new Platform.Types.Property { Name = property, Value = "off" } } });

        var end = StatusCode.OK;
        try
        {
            Assert.True(await call.ResponseStream.MoveNext(Token));
        }
        catch (RpcException refusal)
        {
            end = refusal.StatusCode;
            Assert.Contains(property, refusal.Status.Detail, StringComparison.Ordinal);
        }

        Assert.Equal(expected, end);
    }

    [Fact]
    public async Task Execute_WithAKeptHome_IsExclusiveAndNeverCached()
    {
        await using var farm = await TestFarm.StartAsync(static options => options.Pools[0].Platform[HomeProperties.Offered] = HomeProperties.All);
        var offer = FakeWorker.Offer();
        offer.Platform.Add(HomeProperties.Offered, HomeProperties.All);
        await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: offer);
        static void Keep(Build.Bazel.Remote.Execution.V2.Action action) =>
            action.Platform = new Platform { Properties = { new Platform.Types.Property { Name = HomeProperties.Kept, Value = "sage" } } };

        using var first = await BeginAsync(farm, Keep);
        var assignment = await worker.NextAssignmentAsync();
        using var second = await BeginAsync(farm, Keep);
        Assert.True(await second.ResponseStream.MoveNext(Token));
        var job = second.ResponseStream.Current.Name["operations/".Length..];
        await farm.WatchUntilAsync(job, static change => change.Task?.State == V1.TaskState.Queued);
        Assert.Contains("home:sage", (await farm.Jobs.GetJobAsync(new V1.GetJobRequest { JobId = job })).Tasks[0].Message, StringComparison.Ordinal);
        await worker.CompleteAsync(assignment);

        // It runs, though an equal Action has succeeded.
        Assert.Equal(assignment.ActionDigest, (await worker.NextAssignmentAsync()).ActionDigest);
    }

    [Theory]
    [InlineData(HomeProperties.Kept, "Sage Home", StatusCode.InvalidArgument)]
    [InlineData(HomeProperties.Template, "nonsense", StatusCode.InvalidArgument)]
    [InlineData(HomeProperties.Template, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/77", StatusCode.FailedPrecondition)]
    [InlineData("secret-names", "token", StatusCode.FailedPrecondition)]
    public async Task Execute_WithAHomeOrASecretThatCannotBe_IsRefused(string property, string value, StatusCode expected)
    {
        await using var farm = await TestFarm.StartAsync(static options =>
        {
            options.Reapi.StartGrace = TimeSpan.Zero;
            options.Pools[0].Platform[HomeProperties.Offered] = HomeProperties.All;
        });
        using var call = await BeginAsync(farm, action => action.Platform = new Platform { Properties = { new Platform.Types.Property { Name = property, Value = value } } });
        var refusal = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));
        Assert.Equal(expected, refusal.StatusCode);
    }

    [Fact]
    public async Task SubmitJob_WithAnAction_IsRefused()
    {
        await using var farm = await TestFarm.StartAsync();
        var template = TestFarm.Template("a");
        template.ActionDigest = Digests.Digest.Empty.ToProto();

        var refusal = await Assert.ThrowsAsync<RpcException>(() => farm.SubmitAsync(template));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
    }

    private static async Task<AsyncServerStreamingCall<Operation>> BeginAsync(TestFarm farm, Action<Build.Bazel.Remote.Execution.V2.Action>? configure = null)
    {
        var action = new Build.Bazel.Remote.Execution.V2.Action
        {
            CommandDigest = (await farm.Blobs.PutMessageAsync(new Command { Arguments = { "true" } })).ToProto(),
            InputRootDigest = (await farm.Blobs.PutMessageAsync(new Directory())).ToProto(),
        };
        configure?.Invoke(action);
        var digest = await farm.Blobs.PutMessageAsync(action);
        return new Execution.ExecutionClient(farm.Channel).Execute(new ExecuteRequest { ActionDigest = digest.ToProto() }, deadline: TestFarm.Deadline());
    }
}
