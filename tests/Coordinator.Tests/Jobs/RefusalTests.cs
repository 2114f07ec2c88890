using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Jobs;

public sealed class RefusalTests
{
    public static TheoryData<string, string> Malformed => new()
    {
        { "no tasks", "spec.tasks is empty" },
        { "no command", "task 'a': arguments is empty" },
        { "same name", "task 'a' occurs twice" },
        { "unknown need", "task 'a': it needs 'zz'" },
        { "cycle", "a" },
        { "escape", "task 'a': output path '../x'" },
        { "absolute", "task 'a': working_directory '/tmp'" },
        { "required", "task 'a': required output path 'x'" },
        { "timeout", "task 'a': timeout" },
        { "timeout of two signs", "task 'a': timeout" },
        { "least timeout", "task 'a': timeout" },
        { "least deadline", "spec.deadline" },
        { "digest", "task 'a': input_root_digest" },
        { "instance", "instance_name 'other'" },
        { "priority", "spec.priority 5000" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Submit_Malformed_IsInvalidArgumentAndNamesIt(string kind, string named)
    {
        await using var farm = await TestFarm.StartAsync();

        var refused = await RefusedAsync(farm, MalformedRequest(kind));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains(named, refused.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Status.Detail);
        Assert.Empty((await farm.Jobs.ListJobsAsync(new ListJobsRequest())).Jobs);
    }

    [Fact]
    public async Task Submit_OfAnImpossibleProperty_NamesTaskAndProperty()
    {
        await using var farm = await TestFarm.StartAsync();
        var template = TestFarm.Template("gpu-task");
        template.Platform.Add("gpu", "h100");

        var refused = await RefusedAsync(farm, Request(template));

        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains("gpu-task", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("gpu", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_LargerThanTheLargestWorker_IsRefusedWhileThePoolIsEmpty()
    {
        await using var farm = await TestFarm.StartAsync(options => options.Pools =
            [new PoolOptions { LargestWorkerCpuMillis = 4000, LargestWorkerMemoryBytes = 8L << 30 }]);
        var template = TestFarm.Template("huge");
        template.Resources = new Resources { CpuMillis = 1_000_000 };

        var refused = await RefusedAsync(farm, Request(template));

        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains("huge", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_WithoutItsInputs_ListsTheMissingBlobsAndNothingElse()
    {
        await using var farm = await TestFarm.StartAsync();
        var absent = Digests.Digest.OfBytes("nobody stored this"u8);
        var template = TestFarm.Template("build");
        template.InputRootDigest = new Build.Bazel.Remote.Execution.V2.Digest { Hash = absent.HashHex, SizeBytes = absent.SizeBytes };

        var refused = await RefusedAsync(farm, Request(template));

        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        var detail = Assert.Single(refused.GetStatusDetails(Google.Rpc.Status.Parser)!.Details).Unpack<PreconditionFailure>();
        var violation = Assert.Single(detail.Violations);
        Assert.Equal(("MISSING", $"blobs/{absent.HashHex}/{absent.SizeBytes}"), (violation.Type, violation.Subject));
    }

    [Fact]
    public async Task Submit_WithAFileMissingDeepInItsInputs_SaysWhereAndListsIt()
    {
        await using var farm = await TestFarm.StartAsync();
        var absent = Digests.Digest.OfBytes("nobody stored this"u8);
        var tree = new Digests.Trees.MerkleTreeBuilder();
        tree.AddFile("there", await farm.PutTextAsync("there"));
        tree.AddFile("src/deep/gone", absent);
        var built = tree.Build();
        foreach (var directory in built.Directories.Values)
        {
            await BlobStore.BlobStoreExtensions.PutBytesAsync(farm.Blobs, directory.Bytes);
        }

        var template = TestFarm.Template("build");
        template.InputRootDigest = Digests.Trees.DigestProto.ToProto(built.Root);
        var refused = await RefusedAsync(farm, Request(template));

        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains("of src/deep in the input of task 'build'", refused.Status.Detail, StringComparison.Ordinal);
        var detail = Assert.Single(refused.GetStatusDetails(Google.Rpc.Status.Parser)!.Details).Unpack<PreconditionFailure>();
        Assert.Equal($"blobs/{absent.HashHex}/{absent.SizeBytes}", Assert.Single(detail.Violations).Subject);
    }

    [Fact]
    public async Task Submit_WithAnInputThatIsNoDirectory_IsInvalid()
    {
        await using var farm = await TestFarm.StartAsync();
        var template = TestFarm.Template("build");
        template.InputRootDigest = Digests.Trees.DigestProto.ToProto(await farm.PutTextAsync("this is no directory"));

        Assert.Equal(StatusCode.InvalidArgument, (await RefusedAsync(farm, Request(template))).StatusCode);
    }

    [Fact]
    [Trait("Fault", "25")]
    public async Task Submit_IntoAFullQueue_IsAskedToComeBack()
    {
        await using var farm = await TestFarm.StartAsync(options => options.MaxUnfinishedTasks = 1);
        await farm.SubmitAsync(TestFarm.Template("first"));

        var refused = await RefusedAsync(farm, Request(TestFarm.Template("second")));

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        var detail = Assert.Single(refused.GetStatusDetails(Google.Rpc.Status.Parser)!.Details).Unpack<RetryInfo>();
        Assert.Equal(TimeSpan.FromSeconds(10), detail.RetryDelay.ToTimeSpan());
    }

    [Fact]
    public async Task Submit_BeyondItsUsersLimit_IsRefusedWhileAnotherIsNot()
    {
        await using var farm = await TestFarm.StartAsync(options => (options.MaxUnfinishedTasksPerUser, options.RetryDelay) = (1, TimeSpan.FromSeconds(3)));
        var (ann, bob) = (Request(TestFarm.Template("a")), Request(TestFarm.Template("b")));
        ann.Spec.Submitter = "ann@laptop";
        bob.Spec.Submitter = "bob@laptop";
        await farm.Jobs.SubmitJobAsync(ann);

        var refused = await RefusedAsync(farm, ann);

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Contains("the queue of user 'ann' is full", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(3, Assert.Single(refused.GetStatusDetails(Google.Rpc.Status.Parser)!.Details).Unpack<RetryInfo>().RetryDelay.Seconds);
        await farm.Jobs.SubmitJobAsync(bob);
    }

    [Fact]
    public async Task Job_Unknown_IsNotFound()
    {
        await using var farm = await TestFarm.StartAsync();

        var refused = await Assert.ThrowsAsync<RpcException>(() => farm.Jobs.GetJobAsync(new GetJobRequest { JobId = "abcdef" }).ResponseAsync);
        var watched = await Assert.ThrowsAsync<RpcException>(() => farm.WatchAsync("abcdef"));

        Assert.Equal((StatusCode.NotFound, StatusCode.NotFound), (refused.StatusCode, watched.StatusCode));
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(3, false)]
    public async Task Job_Prefix_NamesItWhenLongEnough(int length, bool found)
    {
        await using var farm = await TestFarm.StartAsync();
        var job = await farm.SubmitAsync(TestFarm.Template("build"));

        var call = farm.Jobs.GetJobAsync(new GetJobRequest { JobId = job[..length] }).ResponseAsync;

        if (found)
        {
            Assert.Equal(job, (await call).JobId);
        }
        else
        {
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        }
    }

    [Fact]
    public async Task Cancel_OfAnUnknownTask_IsNotFound()
    {
        await using var farm = await TestFarm.StartAsync();
        var job = await farm.SubmitAsync(TestFarm.Template("build"));

        var refused = await Assert.ThrowsAsync<RpcException>(
            () => farm.Jobs.CancelJobAsync(new CancelJobRequest { JobId = job, TaskNames = { "zz" } }).ResponseAsync);

        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
    }

    private static async Task<RpcException> RefusedAsync(TestFarm farm, SubmitJobRequest request) =>
        await Assert.ThrowsAsync<RpcException>(() => farm.Jobs.SubmitJobAsync(request, deadline: TestFarm.Deadline()).ResponseAsync);

    private static SubmitJobRequest Request(params TaskTemplate[] tasks) => new() { Spec = new JobSpec { Tasks = { tasks } } };

    private static SubmitJobRequest MalformedRequest(string kind)
    {
        var task = TestFarm.Template("a");
        var request = Request(task);
        switch (kind)
        {
            case "no tasks": request.Spec.Tasks.Clear(); break;
            case "no command": task.Arguments.Clear(); break;
            case "same name": request.Spec.Tasks.Add(TestFarm.Template("a")); break;
            case "unknown need": task.Needs.Add("zz"); break;
            case "cycle": task.Needs.Add("a"); break;
            case "escape": task.OutputPaths.Add("../x"); break;
            case "absolute": task.WorkingDirectory = "/tmp"; break;
            case "required": task.RequiredOutputPaths.Add("x"); break;
            case "timeout": task.Timeout = new Duration { Seconds = 10_000_000 }; break;
            case "timeout of two signs": task.Timeout = new Duration { Seconds = 1, Nanos = -1 }; break;
            case "least timeout": task.Timeout = new Duration { Seconds = long.MinValue, Nanos = int.MinValue }; break;
            case "least deadline": request.Spec.Deadline = new Duration { Seconds = long.MinValue }; break;
            case "digest": task.InputRootDigest = new Build.Bazel.Remote.Execution.V2.Digest { Hash = "xyz", SizeBytes = 1 }; break;
            case "instance": request.InstanceName = "other"; break;
            case "priority": request.Spec.Priority = 5000; break;
            default: throw new ArgumentOutOfRangeException(nameof(kind));
        }

        return request;
    }
}
