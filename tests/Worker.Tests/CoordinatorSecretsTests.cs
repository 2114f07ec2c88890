using BuildFarm.V1;
using BuildFarm.Worker.Execution;
using BuildFarm.Worker.Link;
using BuildFarm.Worker.Tests.Support;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>A worker that asks its coordinator for secrets, over real gRPC.</summary>
public sealed class CoordinatorSecretsTests : IAsyncLifetime
{
    private readonly FakeCoordinator _coordinator = new();
    private readonly Assignment _assignment = new() { Lease = new Lease { ExecutionId = "e1", Epoch = 3 }, Secrets = { "token" } };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _coordinator.StartAsync();

    public ValueTask DisposeAsync() => _coordinator.DisposeAsync();

    [Fact]
    public async Task Secrets_OfAnAttempt_AreAskedForAsTheHolderOfItsLease()
    {
        GetSecretsRequest? asked = null;
        _coordinator.Secrets = request => Answer(asked = request);
        var secret = Assert.Single(await Source().GetAsync(_assignment, Token));
        Assert.Equal(("token", "v"), (secret.Name, System.Text.Encoding.UTF8.GetString(secret.Value.Span)));
        Assert.Equal(new GetSecretsRequest { WorkerId = "w", Incarnation = "i", Lease = _assignment.Lease }, asked);
    }

    [Fact]
    public async Task Coordinator_ThatComesBack_IsAskedAgain()
    {
        var calls = 0;
        _coordinator.Secrets = request => ++calls < 3 ? throw new RpcException(new Status(StatusCode.Unavailable, "stopping")) : Answer(request);
        Assert.Single(await Source().GetAsync(_assignment, Token));
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task Attempt_ThatIsEndedMeanwhile_AsksNoMore()
    {
        using var stop = new CancellationTokenSource();
        _coordinator.Secrets = _ =>
        {
            stop.Cancel();
            throw new RpcException(new Status(StatusCode.Unavailable, "stopping"));
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Source().GetAsync(_assignment, stop.Token));
    }

    [Fact]
    public async Task Refusals_AreTheTasksWhenTheFarmHoldsNoSuchSecretAndTheFarmsOtherwise()
    {
        _coordinator.Secrets = static _ => throw new RpcException(new Status(StatusCode.FailedPrecondition, "the farm holds no secret 'token'"));
        Assert.Equal("the farm holds no secret 'token'", (await Assert.ThrowsAsync<InvalidActionException>(() => Source().GetAsync(_assignment, Token))).Message);
        _coordinator.Secrets = static _ => throw new RpcException(new Status(StatusCode.PermissionDenied, "not live"));
        Assert.Contains("not live", (await Assert.ThrowsAsync<IOException>(() => Source().GetAsync(_assignment, Token))).Message, StringComparison.Ordinal);
        _coordinator.Secrets = static _ => new GetSecretsResponse();
        Assert.Contains("other secrets", (await Assert.ThrowsAsync<IOException>(() => Source().GetAsync(_assignment, Token))).Message, StringComparison.Ordinal);
    }

    private static GetSecretsResponse Answer(GetSecretsRequest request) =>
        request.Lease.Epoch == 3 ? new GetSecretsResponse { Secrets = { new SecretValue { Name = "token", Value = ByteString.CopyFromUtf8("v") } } } : new GetSecretsResponse();

    private CoordinatorSecrets Source() => new(new WorkerConnection(_coordinator.Invoker), new WorkerIdentity("w", "i"), TimeProvider.System);
}
