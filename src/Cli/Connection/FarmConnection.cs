using Build.Bazel.Remote.Execution.V2;
using BuildFarm.V1;
using Google.Bytestream;
using Grpc.Core;
using Grpc.Net.Client;

namespace BuildFarm.Cli.Connection;

/// <summary>A farm that answers: its services, and how to speak of it.</summary>
public sealed class FarmConnection : IAsyncDisposable
{
    private readonly Func<ValueTask> _close;
    private GrpcChannel? _cache;
    private string? _webUrl;

    /// <summary>Wraps what makes calls; <paramref name="close"/> ends the channel and, for an embedded farm, the farm.</summary>
    public FarmConnection(CallInvoker invoker, string address, bool isEmbedded, string attachOption, Func<ValueTask> close)
    {
        Address = address;
        IsEmbedded = isEmbedded;
        AttachOption = attachOption;
        _close = close;
        Jobs = new Jobs.JobsClient(invoker);
        Admin = new Admin.AdminClient(invoker);
        Blobs = new ContentAddressableStorage.ContentAddressableStorageClient(invoker);
        Bytes = new ByteStream.ByteStreamClient(invoker);
        Cache = new CacheAdmin.CacheAdminClient(invoker);
    }

    /// <summary>For messages: a URL.</summary>
    public string Address { get; }

    /// <summary>The farm lives in this process and ends with it, so runs cannot be left behind.</summary>
    public bool IsEmbedded { get; }

    /// <summary>What a later command needs to find the same farm: <c> --farm URL</c> with a space before, or nothing.</summary>
    public string AttachOption { get; }

    /// <summary>Jobs.</summary>
    public Jobs.JobsClient Jobs { get; }

    /// <summary>Workers and addresses.</summary>
    public Admin.AdminClient Admin { get; }

    /// <summary>The CAS; after <see cref="ReachAsync"/>.</summary>
    public ContentAddressableStorage.ContentAddressableStorageClient Blobs { get; private set; }

    /// <summary>Large blobs and live output; after <see cref="ReachAsync"/>.</summary>
    public ByteStream.ByteStreamClient Bytes { get; private set; }

    /// <summary>What an operator asks of the cache; after <see cref="ReachAsync"/>.</summary>
    public CacheAdmin.CacheAdminClient Cache { get; private set; }

    /// <summary>The command that shows a run again, in words for a shell.</summary>
    public string WatchCommand(string runId) => $"farm{AttachOption} watch {runId}";

    /// <summary>
    /// Asks the farm where its cache and its pages are; once. Until then the cache is taken to be where the jobs are, which
    /// holds for every farm of one process.
    /// </summary>
    /// <returns>URL of the pages; empty when there are none.</returns>
    /// <exception cref="FarmException">The farm does not answer, or names a cache that cannot be one.</exception>
    public async Task<string> ReachAsync(CancellationToken cancellationToken)
    {
        if (_webUrl is not null)
        {
            return _webUrl;
        }

        try
        {
            var farm = await Admin.GetFarmAsync(new GetFarmRequest(), cancellationToken: cancellationToken);
            if (farm.CacheUrl.Length > 0)
            {
                _cache = GrpcChannel.ForAddress(FarmFinder.Parse(farm.CacheUrl, $"The cache's address, as the farm at {Address} gives it,"), FarmFinder.ChannelOptions());
                Blobs = new ContentAddressableStorage.ContentAddressableStorageClient(_cache);
                Bytes = new ByteStream.ByteStreamClient(_cache);
                Cache = new CacheAdmin.CacheAdminClient(_cache);
            }

            return _webUrl = farm.HttpUrl;
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.Unimplemented or StatusCode.PermissionDenied)
        {
            // Where the pages are is nice to know and no reason to fail.
            return _webUrl = string.Empty;
        }
        catch (RpcException error)
        {
            throw error.ToFarmException(Address, "asking who it is");
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _cache?.Dispose();
        return _close();
    }
}
