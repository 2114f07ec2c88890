using Build.Bazel.Remote.Execution.V2;
using BuildFarm.V1;
using Google.Bytestream;
using Grpc.Core;

namespace BuildFarm.Cli.Connection;

/// <summary>A farm that answers: its services, and how to speak of it.</summary>
public sealed class FarmConnection : IAsyncDisposable
{
    private readonly Func<ValueTask> _close;

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

    /// <summary>The CAS.</summary>
    public ContentAddressableStorage.ContentAddressableStorageClient Blobs { get; }

    /// <summary>Large blobs and live output.</summary>
    public ByteStream.ByteStreamClient Bytes { get; }

    /// <summary>The command that shows a run again, in words for a shell.</summary>
    public string WatchCommand(string runId) => $"farm{AttachOption} watch {runId}";

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _close();
}
