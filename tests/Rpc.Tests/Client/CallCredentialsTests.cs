using Grpc.Core;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Client;

public sealed class CallCredentialsTests
{
    private static readonly CallCredentials Token = CallCredentials.FromInterceptor(static (context, metadata) =>
    {
        metadata.Add("authorization", $"Bearer for {context.MethodName} of {new Uri(context.ServiceUrl).AbsolutePath}");
        return Task.CompletedTask;
    });

    [Fact]
    public async Task Unary_OverPlainHttp_FailsInsteadOfLeaking()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.ReplyAsync(new Empty()));
        using var channel = server.Connect();
        var error = await Guard.FailureOf(new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), new CallOptions(credentials: Token)).ResponseAsync);
        Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Unary_InsecureAllowed_SendsThem()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.ReplyAsync(new Empty()));
        using var channel = server.Connect(options => options.UnsafeUseInsecureChannelCallCredentials = true);
        await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), new CallOptions(credentials: Token)).ResponseAsync.Within();
        Assert.Equal("Bearer for EmptyCall of /grpc.testing.TestService", server.Requests.Single().Authorization);
    }

    [Fact]
    public async Task Unary_CredentialsFail_IsUnavailable()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.ReplyAsync(new Empty()));
        using var channel = server.Connect(options => options.UnsafeUseInsecureChannelCallCredentials = true);
        var broken = CallCredentials.FromInterceptor(static (_, _) => throw new IOException("no token file"));
        var error = await Guard.FailureOf(new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), new CallOptions(credentials: broken)).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("no token file", error.Status.Detail, StringComparison.Ordinal);
    }
}
