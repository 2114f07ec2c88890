using BuildFarm.TestKit.Rpc;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace BuildFarm.Rpc.Tests.Interop.Server;

/// <summary>Our server under clients of other implementations: one row a case and library.</summary>
public sealed class InteropServerTests
{
    public static TheoryData<string> Cases { get; } =
    [
        "empty_unary",
        "large_unary",
        "client_streaming",
        "server_streaming",
        "ping_pong",
        "empty_stream",
        "cancel_after_begin",
        "cancel_after_first_response",
        "timeout_on_sleeping_server",
        "status_code_and_message",
        "special_status_message",
        "custom_metadata",
        "unimplemented_method",
        "unimplemented_service",
        "client_compressed_unary",
        "client_compressed_streaming",
        "server_compressed_unary",
        "server_compressed_streaming",
        "early_status_while_uploading",
        "deadline_of_a_hanging_handler",
        "large_messages_both_ways",
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Server_PythonGrpcioClient_Passes(string testCase)
    {
        var gzip = new CountingGzip();
        await using var server = await StartAsync(gzip);
        await InteropPeer.RunClientAsync(await InteropPeer.PythonAsync("python_client.py", Target(server), testCase));
        CheckCompressed(testCase, gzip);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Server_NodeGrpcJsClient_Passes(string testCase)
    {
        var gzip = new CountingGzip();
        await using var server = await StartAsync(gzip);
        await InteropPeer.RunClientAsync(await InteropPeer.NodeAsync("node_client.js", Target(server), testCase));
        CheckCompressed(testCase, gzip);
    }

    private static Task<RpcTestServer> StartAsync(CountingGzip gzip) => RpcTestServer.StartAsync(
        app => app.MapGrpcService<TestServiceImpl>(),
        options: options => options.CompressionProviders = [gzip]);

    private static string Target(RpcTestServer server) => server.Address["http://".Length..];

    /// <summary>Of the two messages of these cases, the server compresses the one that the client asked for.</summary>
    private static void CheckCompressed(string testCase, CountingGzip gzip) =>
        Assert.Equal(testCase.StartsWith("server_compressed", StringComparison.Ordinal) ? 1 : 0, gzip.Compressed);
}
