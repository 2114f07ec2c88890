using System.Text;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Logs;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Logs;

/// <summary>A store of logs in a folder of its own, which can be closed and opened again, and one stream that the tests write to.</summary>
public abstract class LogStoreBench : IAsyncLifetime
{
    protected const string Name = "logstreams/0123/stdout";

    private StoreDirectory _directory = null!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected TempFolder Folder { get; } = new();

    protected ManualTime Time { get; } = new();

    protected DiskLogStore Logs { get; private set; } = null!;

    protected string[] FilesOfStreams => Directory.GetFiles(Folder.File("logs"), "*", SearchOption.AllDirectories);

    public ValueTask InitializeAsync()
    {
        Open();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await CloseAsync();
        Folder.Dispose();
    }

    protected async Task<long> AppendAsync(long offset, string text, bool finish = false) =>
        await Logs.AppendAsync(Name, offset, Encoding.UTF8.GetBytes(text), finish, Token);

    protected async Task<string> ReadToEndAsync()
    {
        var text = new StringBuilder();
        var buffer = new byte[7];
        int read;
        while ((read = await Logs.ReadAsync(Name, text.Length, buffer, Token)) > 0)
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    protected void Open(DiskLogStoreOptions? options = null, string? path = null)
    {
        _directory = StoreDirectory.Open(path ?? Folder.Path);
        Logs = DiskLogStore.Open(_directory, options ?? new DiskLogStoreOptions(), Time, NullLogger<DiskLogStore>.Instance);
    }

    protected async Task CloseAsync()
    {
        await Logs.DisposeAsync();
        _directory.Dispose();
    }
}
