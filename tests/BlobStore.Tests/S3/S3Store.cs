using BuildFarm.BlobStore.S3;
using BuildFarm.TestKit;
using BuildFarm.TestKit.S3;
using Microsoft.Extensions.Logging.Abstractions;

namespace BuildFarm.BlobStore.Tests.S3;

/// <summary>A store in the tests' S3, with the credentials in a file as an operator would have them.</summary>
public sealed class S3Store : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private S3Bucket? _bucket;

    private S3Store(S3Fake fake) => Fake = fake;

    public S3Fake Fake { get; }

    public S3Bucket Bucket => _bucket!;

    public S3BlobStore Blobs { get; private set; } = null!;

    public S3ActionCache Actions { get; private set; } = null!;

    public static async Task<S3Store> StartAsync(Func<S3Options, S3Options>? configure = null, string secret = S3Fake.Secret, TimeProvider? time = null)
    {
        var store = new S3Store(await S3Fake.StartAsync()) { };
        store.Fake.Time = time ?? TimeProvider.System;
        var credentials = store._folder.File("credentials");
        await File.WriteAllTextAsync(credentials, $"[default]\naws_access_key_id = {S3Fake.AccessKey}\naws_secret_access_key = {secret}\n");
        var options = new S3Options
        {
            Bucket = S3Fake.Bucket,
            Prefix = "farm/",
            Endpoint = store.Fake.Endpoint,
            Region = S3Fake.Region,
            PathStyle = true,
            CredentialsFile = credentials,
            PartBytes = 5 << 20,
            // As good as none: a time-out that a slow machine reaches would repeat requests that tests count.
            Timeout = TimeSpan.FromMinutes(2),
        };
        store._bucket = S3Bucket.Open(configure?.Invoke(options) ?? options);
        store.Blobs = new S3BlobStore(store._bucket, time ?? TimeProvider.System, NullLogger<S3BlobStore>.Instance);
        store.Actions = new S3ActionCache(store._bucket, NullLogger<S3ActionCache>.Instance);
        return store;
    }

    public async ValueTask DisposeAsync()
    {
        _bucket?.Dispose();
        await Fake.DisposeAsync();
        _folder.Dispose();
    }
}
