using System.Diagnostics;
using System.Globalization;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests.Trees;
using BuildFarm.TestKit;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Cache.Tests;

/// <summary>The cache's process is killed in the middle of writes; the next one has all that was acknowledged, and nothing wrong.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Batch = 50;
    private const int Kills = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Kill_WhileBlobsAreWritten_LosesNothingAcknowledgedAndShowsNothingTorn()
    {
        var acknowledged = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var cache = await StartAsync();
            await AssertAllAsync(cache.Cas, acknowledged);
            var target = acknowledged + 400 + (kill * 170);
            // Whoever writes notices the kill; nobody waits for a good moment.
            try
            {
                while (true)
                {
                    await WriteAsync(cache.Cas, acknowledged);
                    acknowledged += Batch;
                    if (acknowledged >= target)
                    {
                        _ = Task.Run(cache.Process.Kill, Token);
                        target = int.MaxValue;
                    }
                }
            }
            catch (RpcException)
            {
                await cache.Process.WaitForExitAsync(Token).WaitAsync(Patience, Token);
            }
        }

        using var last = await StartAsync();
        await AssertAllAsync(last.Cas, acknowledged);
    }

    private static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime + Patience;

    private static byte[] Content(int number) => TestContent.Of(number % 10 == 9 ? 6000 : 100 + (number % 3000), number);

    private static async Task WriteAsync(ContentAddressableStorage.ContentAddressableStorageClient cas, int from)
    {
        var request = new BatchUpdateBlobsRequest();
        foreach (var content in Enumerable.Range(from, Batch).Select(Content))
        {
            request.Requests.Add(new BatchUpdateBlobsRequest.Types.Request { Digest = Digest.OfBytes(content).ToProto(), Data = UnsafeByteOperations.UnsafeWrap(content) });
        }

        var response = await cas.BatchUpdateBlobsAsync(request, deadline: Deadline());
        Assert.All(response.Responses, one => Assert.Equal(0, one.Status.Code));
    }

    // What was under way when the process died may be there, or not; never in part.
    private static async Task AssertAllAsync(ContentAddressableStorage.ContentAddressableStorageClient cas, int acknowledged)
    {
        for (var from = 0; from < acknowledged + Batch; from += Batch)
        {
            var request = new BatchReadBlobsRequest();
            request.Digests.AddRange(Enumerable.Range(from, Batch).Select(number => Digest.OfBytes(Content(number)).ToProto()));
            var response = await cas.BatchReadBlobsAsync(request, deadline: Deadline());
            foreach (var one in response.Responses)
            {
                if (one.Status.Code == 0)
                {
                    Assert.Equal(one.Digest, Digest.OfBytes(one.Data.Span).ToProto());
                }
                else
                {
                    Assert.True(from >= acknowledged && one.Status.Code == (int)StatusCode.NotFound, $"{one.Digest}: {one.Status}");
                }
            }
        }
    }

    private async Task<RunningCache> StartAsync()
    {
        var port = FreePort.Next();
        var start = new ProcessStartInfo("dotnet", [
            Path.Combine(AppContext.BaseDirectory, "BuildFarm.Cache.dll"),
            "--Listen:Grpc", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "--Listen:Http", "", "--Cache:Directory", _folder.File("cache"),
        ]) { UseShellExecute = false, RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        var channel = GrpcChannel.ForAddress(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"), new GrpcChannelOptions { MaxReceiveMessageSize = 16 << 20 });
        var cas = new ContentAddressableStorage.ContentAddressableStorageClient(channel.CreateCallInvoker());
        await Eventually.IsTrueAsync(
            async token =>
            {
                try
                {
                    await cas.FindMissingBlobsAsync(new FindMissingBlobsRequest(), cancellationToken: token);
                    return true;
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && !process.HasExited)
                {
                    return false;
                }
            },
            Token);
        return new RunningCache(process, channel, cas);
    }

    private sealed record RunningCache(Process Process, GrpcChannel Channel, ContentAddressableStorage.ContentAddressableStorageClient Cas) : IDisposable
    {
        public void Dispose()
        {
            Channel.Dispose();
            if (!Process.HasExited)
            {
                Process.Kill();
                Process.WaitForExit();
            }

            Process.Dispose();
        }
    }
}
