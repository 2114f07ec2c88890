using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Build.Bazel.Remote.Execution.V2;
using Grpc.Core;
using Grpc.Net.Client;

namespace BuildFarm.Bench.BlobStore;

/// <summary>The cache in a process of its own, as it ships: it can be killed, and its memory is its own.</summary>
internal sealed class CacheProcess : IAsyncDisposable
{
    // Where bench/run has published the service to, compiled ahead as an image of it is; else it is the one beside this program.
    private const string FolderVariable = "BUILDFARM_BENCH_CACHE";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly GrpcChannel _channel;

    private CacheProcess(Process process, GrpcChannel channel, string address, TimeSpan toFirstAnswer)
    {
        Address = address;
        _process = process;
        _channel = channel;
        ToFirstAnswer = toFirstAnswer;
        Invoker = channel.CreateCallInvoker();
        Cas = new ContentAddressableStorage.ContentAddressableStorageClient(Invoker);
    }

    public string Address { get; }

    public CallInvoker Invoker { get; }

    public ContentAddressableStorage.ContentAddressableStorageClient Cas { get; }

    /// <summary>From the start of the process to the answer to a FindMissingBlobs.</summary>
    public TimeSpan ToFirstAnswer { get; }

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>CPU time so far.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <param name="directory">Of its store.</param>
    /// <param name="known">Asked for first; the store must have it unless it is null.</param>
    /// <param name="options">More of its command line.</param>
    public static async Task<CacheProcess> StartAsync(string directory, Digest? known, params string[] options)
    {
        var listen = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort()}");
        var address = $"http://{listen}";
        var started = Stopwatch.GetTimestamp();
        var process = Process.Start(new ProcessStartInfo("dotnet", [
            Path.Combine(Environment.GetEnvironmentVariable(FolderVariable) ?? AppContext.BaseDirectory, "BuildFarm.Cache.dll"),
            "--Listen:Grpc", listen, "--Listen:Http", "", "--Cache:Directory", directory, .. options,
        ]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxReceiveMessageSize = 16 << 20 });
        var cas = new ContentAddressableStorage.ContentAddressableStorageClient(channel.CreateCallInvoker());
        var request = new FindMissingBlobsRequest();
        request.BlobDigests.AddRange(known is null ? [] : [known]);
        while (true)
        {
            try
            {
                var missing = await cas.FindMissingBlobsAsync(request);
                return missing.MissingBlobDigests.Count == 0
                    ? new CacheProcess(process, channel, address, Stopwatch.GetElapsedTime(started))
                    : throw new InvalidOperationException("the first answer lacks a blob that was acknowledged");
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && !process.HasExited && Stopwatch.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            }
        }
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Stops it in order.</summary>
    public async Task StopAsync()
    {
        await ChildProcess.OutputOfAsync("kill", "-TERM", _process.Id.ToString(CultureInfo.InvariantCulture));
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
