using BuildFarm.BlobStore;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Resolving;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Digest = BuildFarm.Digests.Digest;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Resolving;

/// <summary>What the coordinator asks the CAS for while jobs go on.</summary>
public sealed class BlobLeasesTests
{
    [Fact]
    public async Task Renew_UnfinishedJob_AsksForInputsOutputsThatAreNeededAndTheAction()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var (made, unneeded) = (await farm.PutTextAsync("made"), await farm.PutTextAsync("of a task that nobody needs"));
        var user = TestFarm.Template("user", "cat");
        user.InputRootDigest = await farm.PutTreeAsync(("src/a.c", "int a;"), ("b.c", "int b;"));
        user.Needs.Add("maker");
        var job = await farm.SubmitAsync(TestFarm.Template("maker"), TestFarm.Template("other"), user);
        for (var i = 0; i < 2; i++)
        {
            var assignment = await worker.NextAssignmentAsync();
            await worker.CompleteAsync(assignment, FakeWorker.Success(("out", assignment.DisplayName.EndsWith("maker", StringComparison.Ordinal) ? made : unneeded)));
        }

        var running = await worker.NextAssignmentAsync();
        await farm.WatchUntilAsync(job, told => told.Task is { State: TaskState.Running } task && task.Name == "user");
        var asked = new AskedBlobs(farm.Blobs);
        Assert.Equal(0, await LeasesOf(farm, asked).RenewAsync(TestContext.Current.CancellationToken));

        var (action, _, files) = await farm.ReadActionAsync(running.ActionDigest);
        Assert.Superset(files.Values.ToHashSet(), asked.Found);
        Assert.Contains(made, asked.Found);
        Assert.Contains(await farm.PutTextAsync("int a;"), asked.Found);
        Assert.Contains(Digest.FromProto(action.CommandDigest, "command"), asked.Found);
        Assert.Contains(Digest.FromProto(action.InputRootDigest, "root"), asked.Read);
        Assert.Contains(Digest.FromProto(user.InputRootDigest, "root"), asked.Read);
        Assert.Contains(Digest.FromProto(running.ActionDigest, "action"), asked.Read);
        Assert.DoesNotContain(unneeded, asked.Found);

        await worker.CompleteAsync(running);
        await farm.FinishAsync(job);
        var after = new AskedBlobs(farm.Blobs);
        await LeasesOf(farm, after).RenewAsync(TestContext.Current.CancellationToken);
        Assert.Empty(after.Found);
        Assert.Empty(after.Read);
    }

    private static BlobLeases LeasesOf(TestFarm farm, IBlobStore blobs) => new(
        farm.Server.Services.GetRequiredService<JobTable>(), blobs, new CoordinatorOptions { BlobRenewalInterval = TimeSpan.Zero }, TimeProvider.System, NullLogger<BlobLeases>.Instance);

    private sealed class AskedBlobs(IBlobStore inner) : IBlobStore
    {
        public HashSet<Digest> Found { get; } = [];

        public HashSet<Digest> Read { get; } = [];

        public ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
        {
            Read.Add(digest);
            return inner.OpenAsync(digest, cancellationToken);
        }

        public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) => inner.CreateAsync(digest, cancellationToken);

        public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
        {
            Found.UnionWith(digests);
            return inner.FindMissingAsync(digests, cancellationToken);
        }
    }
}
