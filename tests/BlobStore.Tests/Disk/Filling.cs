using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Disk;

/// <summary>Fills a store with blobs of one size.</summary>
internal static class Filling
{
    /// <summary>Puts blobs, each a minute after the one before where there is a clock.</summary>
    public static async Task<Digest[]> FillAsync(this IBlobStore store, int bytes, int count, int firstSeed = 0, ManualTime? time = null)
    {
        var blobs = new Digest[count];
        for (var i = 0; i < count; i++)
        {
            blobs[i] = await store.PutBytesAsync(TestContent.Of(bytes, firstSeed + i), TestContext.Current.CancellationToken);
            time?.Advance(TimeSpan.FromMinutes(1));
        }

        return blobs;
    }
}
