using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Hosting;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Grpc.Core;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Secrets;

/// <summary>Secrets between the operator's folder and the worker that holds a lease.</summary>
public sealed class SecretDeliveryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public SecretDeliveryTests() => Write("token", "tok-4711-delivered\n");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Secrets_OfALiveAttempt_AreForTheProcessThatHasItsLease()
    {
        await using var farm = await StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: Offer());
        await farm.SubmitAsync(Template("token"));
        var assignment = await worker.NextAssignmentAsync();
        await using var other = await FakeWorker.LinkAsync(farm.Channel, "w2", "i2", Offer());
        await other.NextDesiredAsync();
        Assert.Equal(["token"], assignment.Secrets);

        var given = await AskAsync(farm, "w1", "i1", assignment.Lease);
        Assert.Equal([("token", "tok-4711-delivered\n")], given.Secrets.Select(static secret => (secret.Name, secret.Value.ToStringUtf8())));

        foreach (var (id, incarnation, lease) in new[]
        {
            ("w1", "another", assignment.Lease), ("w2", "i2", assignment.Lease), ("absent", "i1", assignment.Lease),
            ("w1", "i1", new Lease { ExecutionId = assignment.Lease.ExecutionId, Epoch = assignment.Lease.Epoch + 1 }),
            ("w1", "i1", new Lease { ExecutionId = "nonsense", Epoch = 1 }), ("w1", "i1", null),
        })
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => AskAsync(farm, id, incarnation, lease));
            Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        }

        await worker.CompleteAsync(assignment);
        await worker.ForgottenAsync(assignment);
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => AskAsync(farm, "w1", "i1", assignment.Lease))).StatusCode);
    }

    [Fact]
    public async Task Secret_ThatChanged_IsGivenAsItIsNow_AndOneThatIsGoneIsNamed()
    {
        await using var farm = await StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: Offer());
        await farm.SubmitAsync(Template("token"));
        var assignment = await worker.NextAssignmentAsync();
        Write("token", "second value");
        Assert.Equal("second value", (await AskAsync(farm, "w1", "i1", assignment.Lease)).Secrets[0].Value.ToStringUtf8());

        File.Delete(_folder.File("token"));
        var refused = await Assert.ThrowsAsync<RpcException>(() => AskAsync(farm, "w1", "i1", assignment.Lease));
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.StartsWith("the farm holds no secret 'token'", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_AreInTheAction_AndValuesMakeNoDifference()
    {
        Write("other", "x");
        await using var farm = await StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: Offer());
        await farm.SubmitAsync(Template("token", "other"));
        var first = await worker.NextAssignmentAsync();
        var (action, command, _) = await farm.ReadActionAsync(first.ActionDigest);
        Assert.Equal([(SecretProperties.Names, "other,token")], action.Platform.Properties.Select(static property => (property.Name, property.Value)));
        Assert.Empty(command.EnvironmentVariables);
        await worker.CompleteAsync(first);
        await worker.ForgottenAsync(first);

        Write("token", "rotated");
        var again = await farm.FinishAsync(await farm.SubmitAsync(Template("other", "token")));
        Assert.Equal(ResultOrigin.ActionCache, again.Tasks[0].Origin);
        Assert.Equal(["other", "token"], again.Tasks[0].Secrets);

        await farm.SubmitAsync(Template("other"));
        Assert.NotEqual(first.ActionDigest, (await worker.NextAssignmentAsync()).ActionDigest);
    }

    [Theory]
    [InlineData("tokn", StatusCode.FailedPrecondition, "task 't': the farm holds no secret 'tokn'")]
    [InlineData("../token", StatusCode.InvalidArgument, "task 't': secrets has '../token'; the name of a secret has")]
    [InlineData(".hidden", StatusCode.InvalidArgument, "task 't': secrets has '.hidden'")]
    [InlineData("open", StatusCode.FailedPrecondition, "task 't': the file of the secret 'open' is open to every user")]
    [InlineData("empty", StatusCode.FailedPrecondition, "task 't': the secret 'empty' has 0 bytes")]
    [InlineData("large", StatusCode.FailedPrecondition, "task 't': the secret 'large' has 65537 bytes")]
    [InlineData("folder", StatusCode.FailedPrecondition, "task 't': the secret 'folder' cannot be read")]
    public async Task Submit_OfASecretThatIsNotToBeHad_IsRefusedByOneLine(string name, StatusCode code, string detail)
    {
        Write("open", "x");
        File.SetUnixFileMode(_folder.File("open"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Write(".hidden", "x");
        Write("empty", "");
        Write("large", new string('x', 65537));
        Directory.CreateDirectory(_folder.File("folder"));
        await using var farm = await StartAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(() => farm.SubmitAsync(Template(name)));
        Assert.Equal(code, refused.StatusCode);
        Assert.StartsWith(detail, refused.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(_folder.Path, refused.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Status.Detail);
    }

    [Fact]
    public async Task Submit_ToAFarmWithoutSecrets_IsRefused()
    {
        await using var farm = await TestFarm.StartAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(() => farm.SubmitAsync(Template("token")));
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains("--secrets DIR", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secret_BehindLinksAsKubernetesMakesThem_IsRead()
    {
        Directory.CreateDirectory(_folder.File("..2026_11_21"));
        Write("..2026_11_21/mounted", "m");
        Directory.CreateSymbolicLink(_folder.File("..data"), "..2026_11_21");
        File.CreateSymbolicLink(_folder.File("mounted"), "..data/mounted");
        await using var farm = await StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel, offer: Offer());
        await farm.SubmitAsync(Template("mounted"));
        var assignment = await worker.NextAssignmentAsync();
        Assert.Equal("m", (await AskAsync(farm, "w1", "i1", assignment.Lease)).Secrets[0].Value.ToStringUtf8());
    }

    [Fact]
    public void Folder_WithoutAPoolThatMayHaveSecrets_IsAProblemAtStart()
    {
        var options = new CoordinatorOptions { SecretsDirectory = _folder.Path };
        Assert.Contains("secrets=files", Assert.Single(options.FindProblems()), StringComparison.Ordinal);
        options.Pools[0].Platform[SecretProperties.Offered] = SecretProperties.Files;
        Assert.Empty(options.FindProblems());
        options.SecretsDirectory = "relative";
        Assert.Contains("absolute path of a folder", Assert.Single(options.FindProblems()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_ThatCannotGiveSecrets_IsNotOfSuchAPool()
    {
        await using var farm = await StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var refused = await Assert.ThrowsAsync<RpcException>(() => worker.Ended.WaitAsync(TestFarm.Patience));
        Assert.Contains("secrets=files", refused.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task<GetSecretsResponse> AskAsync(TestFarm farm, string id, string incarnation, Lease? lease) =>
        await new V1.Workers.WorkersClient(farm.Channel).GetSecretsAsync(
            new GetSecretsRequest { WorkerId = id, Incarnation = incarnation, Lease = lease }, deadline: TestFarm.Deadline());

    private static TaskTemplate Template(params string[] secrets)
    {
        var template = TestFarm.Template("t");
        template.Secrets.AddRange(secrets);
        return template;
    }

    private static WorkerOffer Offer()
    {
        var offer = FakeWorker.Offer();
        offer.Platform.Add(SecretProperties.Offered, SecretProperties.Files);
        return offer;
    }

    private Task<TestFarm> StartAsync() => TestFarm.StartAsync(options =>
    {
        options.SecretsDirectory = _folder.Path;
        options.Pools[0].Platform[SecretProperties.Offered] = SecretProperties.Files;
    });

    private void Write(string name, string value)
    {
        File.WriteAllText(_folder.File(name), value);
        File.SetUnixFileMode(_folder.File(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
