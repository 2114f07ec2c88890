using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Coordinator.Why;
using BuildFarm.Digests.Trees;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Action = Build.Bazel.Remote.Execution.V2.Action;
using Digest = BuildFarm.Digests.Digest;
using DigestFunction = BuildFarm.Digests.DigestFunction;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Why;

/// <summary>What a farm says of actions that had to run.</summary>
public sealed class ExplainTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Explain_AFileAndAVariableChanged_NamesThem()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var template = TestFarm.Template("compile", "cc", "a.c");
        template.InputRootDigest = await farm.PutTreeAsync(("a.c", "one"), ("lib/b.h", "same"), ("lib/old.h", "x"), ("doc/c", "d"));
        template.Environment["CFLAGS"] = "-O1";
        var first = await RunAsync(farm, worker, template);
        template.InputRootDigest = await farm.PutTreeAsync(("a.c", "other"), ("lib/b.h", "same"), ("lib/new.h", "yy"), ("doc/c", "d"));
        template.Environment["CFLAGS"] = "-O2";
        var second = await RunAsync(farm, worker, template);

        var answer = await farm.Jobs.ExplainActionAsync(new ExplainActionRequest { JobId = second });

        Assert.Equal((second, "compile", first), (answer.Action.JobId, answer.Action.TaskName, answer.Earlier.JobId));
        Assert.Equal(
            [
                $"Input a.c: {OfText("one")} -> {OfText("other")}",
                $"Input lib/new.h: none -> {OfText("yy")}",
                $"Input lib/old.h: {OfText("x")} -> none",
                "Variable CFLAGS: -O1 -> -O2",
            ],
            answer.Differences.Select(Text));
        Assert.Empty(answer.Notes);
        Assert.Equal(answer.Differences, (await farm.Jobs.ExplainActionAsync(new ExplainActionRequest { Action = answer.Action.Action })).Differences);
    }

    /// <summary>Each of several tasks has its own before it, though all run the same program.</summary>
    [Fact]
    public async Task Explain_ManyAlike_ComparesWithItsOwn()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        foreach (var flag in (string[])["-O1", "-O2"])
        {
            foreach (var name in (string[])["x", "y", "z"])
            {
                var template = TestFarm.Template($"compile {name}", "cc", flag, $"{name}.c");
                template.OutputPaths.Add($"{name}.o");
                await RunAsync(farm, worker, template);
            }
        }

        var jobs = (await farm.Jobs.ListJobsAsync(new ListJobsRequest { PageSize = 10 })).Jobs;
        var of = await farm.Jobs.ExplainActionAsync(new ExplainActionRequest { JobId = jobs[1].JobId });

        Assert.Equal(["Argument 1: -O1 -> -O2"], of.Differences.Select(Text));
        Assert.Equal(of.Action.TaskName, of.Earlier.TaskName);
    }

    [Fact]
    public async Task Explain_AfterARestart_StillKnowsWhatWasBefore()
    {
        string first;
        await using (var farm = await StartAsync())
        {
            await using var worker = await FakeWorker.LinkAsync(farm.Channel);
            first = await RunAsync(farm, worker, TestFarm.Template("t", "tool", "1"));
        }

        await using var again = await StartAsync();
        await using var back = await FakeWorker.LinkAsync(again.Channel);
        var second = await RunAsync(again, back, TestFarm.Template("t", "tool", "2"));

        var answer = await again.Jobs.ExplainActionAsync(new ExplainActionRequest { JobId = second });

        // The CAS of these tests is new with each farm, so the earlier Action is gone: that is said, and which it was.
        Assert.Equal(first, answer.Earlier.JobId);
        Assert.Contains("gone from the cache", Assert.Single(answer.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_AHit_SaysThatItDidNotMiss()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        await RunAsync(farm, worker, TestFarm.Template("t"));
        var hit = await farm.SubmitAsync(TestFarm.Template("t"));
        await farm.FinishAsync(hit);

        var answer = await farm.Jobs.ExplainActionAsync(new ExplainActionRequest { JobId = hit });

        Assert.Equal(["it did not miss: its result came from the cache"], answer.Notes);
        Assert.Null(answer.Earlier);
    }

    [Fact]
    public async Task Explain_TheSameActionAgain_SaysWhyTheRunBeforeLeftNoResult()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        await RunAsync(farm, worker, TestFarm.Template("t"), FakeWorker.Failure(3));
        var second = await RunAsync(farm, worker, TestFarm.Template("t"));

        var answer = await farm.Jobs.ExplainActionAsync(new ExplainActionRequest { JobId = second });

        Assert.Equal(["nothing differs: the run before ended as failure, and only successes are kept"], answer.Notes);
        Assert.Empty(answer.Differences);
    }

    [Fact]
    public async Task Explain_TheFirstOfItsKind_SaysSo()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        await RunAsync(farm, worker, TestFarm.Template("other", "another-program"));
        var only = await RunAsync(farm, worker, TestFarm.Template("only", "this-program"));

        var answer = await farm.Jobs.ExplainActionAsync(new ExplainActionRequest { JobId = only });

        Assert.Contains("no action like it", Assert.Single(answer.Notes), StringComparison.Ordinal);
    }

    /// <summary>Bazel names the target, and its digests may be of any function.</summary>
    [Theory]
    [InlineData("sha256")]
    [InlineData("blake3")]
    public async Task Explain_AnActionOfBazel_IsFoundByItsTarget(string function)
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var first = await ExecuteAsync(farm, worker, "//a:lib", "one", DigestFunction.Find(function)!);
        await ExecuteAsync(farm, worker, "//b:lib", "two", DigestFunction.Find(function)!);
        var last = await ExecuteAsync(farm, worker, "//a:lib", "three", DigestFunction.Find(function)!);

        var answer = await farm.Jobs.ExplainActionAsync(new ExplainActionRequest { Action = last.ToString() });

        Assert.Equal((first.ToString(), "//a:lib CppCompile"), (answer.Earlier.Action, answer.Earlier.TaskName));
        Assert.Equal(["Argument 1: one -> three"], answer.Differences.Select(Text));
        Assert.Equal(answer, await farm.Jobs.ExplainActionAsync(new ExplainActionRequest { TaskName = "//a:lib" }));
        Assert.Equal(answer, await farm.Jobs.ExplainActionAsync(new ExplainActionRequest { TaskName = "//a:lib CppCompile" }));
    }

    [Theory]
    [InlineData("nonsense/1", StatusCode.InvalidArgument)]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/7", StatusCode.NotFound)]
    public async Task Explain_UnknownAction_IsRefused(string action, StatusCode expected)
    {
        await using var farm = await TestFarm.StartAsync();

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await farm.Jobs.ExplainActionAsync(new ExplainActionRequest { Action = action }));

        Assert.Equal(expected, refused.StatusCode);
    }

    private static async Task<string> RunAsync(TestFarm farm, FakeWorker worker, TaskTemplate template, Completion? completion = null)
    {
        var job = await farm.SubmitAsync(template.Clone());
        await worker.CompleteAsync(await worker.NextAssignmentAsync(), completion);
        await farm.FinishAsync(job);
        return job;
    }

    private static async Task<Digest> ExecuteAsync(TestFarm farm, FakeWorker worker, string target, string argument, DigestFunction function)
    {
        var token = TestContext.Current.CancellationToken;
        var command = Google.Protobuf.MessageExtensions.ToByteArray(new Command { Arguments = { "cc", argument }, OutputPaths = { $"{target[2..].Replace(':', '/')}.o" } });
        var action = Google.Protobuf.MessageExtensions.ToByteArray(new Action
        {
            CommandDigest = (await farm.Blobs.PutBytesAsync(command, function, token)).ToProto(),
            InputRootDigest = function.EmptyBlob.ToProto(),
        });
        var digest = await farm.Blobs.PutBytesAsync(action, function, token);
        var metadata = Google.Protobuf.MessageExtensions.ToByteArray(new RequestMetadata { TargetId = target, ActionMnemonic = "CppCompile" });
        using var call = new Execution.ExecutionClient(farm.Channel).Execute(
            new ExecuteRequest { ActionDigest = digest.ToProto(), DigestFunction = function.ToProto() },
            new Metadata { { "build.bazel.remote.execution.v2.requestmetadata-bin", metadata } },
            TestFarm.Deadline());
        var assignment = await worker.NextAssignmentAsync();
        Assert.Equal(function.ToProto(), assignment.DigestFunction);
        await worker.CompleteAsync(assignment);
        while (await call.ResponseStream.MoveNext(token))
        {
            // To its end.
        }

        return digest;
    }

    private Task<TestFarm> StartAsync() => TestFarm.StartAsync(
        services: services => services.AddSingleton<IActionHistory>(_ => new SqliteActionHistory(_folder.File("actions.db"), 1000)));

    private static string OfText(string content) => Digest.OfBytes(System.Text.Encoding.UTF8.GetBytes(content)).ToString();

    private static string Text(ActionDifference difference) =>
        $"{difference.Part} {difference.Name}: {(difference.HasBefore ? difference.Before : "none")} -> {(difference.HasAfter ? difference.After : "none")}";
}
