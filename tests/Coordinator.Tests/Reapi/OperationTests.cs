using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Digests.Trees;
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
        using (var call = await BeginAsync(farm))
        {
            Assert.True(await call.ResponseStream.MoveNext(Token));
            name = call.ResponseStream.Current.Name;
        }

        var last = (await farm.WatchAsync(name["operations/".Length..]))[^1];

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
