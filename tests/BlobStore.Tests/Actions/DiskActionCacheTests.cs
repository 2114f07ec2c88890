using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.BlobStore.Tests.Actions;

public sealed class DiskActionCacheTests : IAsyncLifetime
{
    private static readonly ActionKey Key = new("main", "environment-1", Digest.OfBytes("an action"u8));

    private readonly TempFolder _folder = new();
    private StoreDirectory _directory = null!;
    private DiskActionCache _cache = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Open();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Get_Unknown_IsNull() => Assert.Null(await _cache.GetAsync(Key, Token));

    [Fact]
    public async Task Put_ThenRestart_GivesTheEntryBack()
    {
        var entry = Entry("out.o");
        await _cache.PutAsync(Key, entry, Token);
        await CloseAsync();
        Open();

        Assert.Equal(entry, await _cache.GetAsync(Key, Token));
    }

    [Fact]
    public async Task Put_Again_Replaces()
    {
        await _cache.PutAsync(Key, Entry("first"), Token);
        await _cache.PutAsync(Key, Entry("second"), Token);

        Assert.Equal("second", (await _cache.GetAsync(Key, Token))!.Result.OutputFiles[0].Path);
    }

    [Fact]
    public async Task Fill_WhereThereIsAnEntry_LeavesIt()
    {
        Assert.True(await _cache.FillAsync(Key, Entry("first"), Token));
        Assert.False(await _cache.FillAsync(Key, Entry("second"), Token));

        Assert.Equal("first", (await _cache.GetAsync(Key, Token))!.Result.OutputFiles[0].Path);
    }

    [Fact]
    public async Task Fill_WhereAnEntryIsTorn_TakesItsPlace()
    {
        await _cache.PutAsync(Key, Entry("first"), Token);
        await File.WriteAllBytesAsync(EntryFile(), [1, 2, 3], Token);

        Assert.True(await _cache.FillAsync(Key, Entry("second"), Token));
        Assert.Equal("second", (await _cache.GetAsync(Key, Token))!.Result.OutputFiles[0].Path);
    }

    [Fact]
    public async Task Get_KeyThatDiffersInOnePart_IsNull()
    {
        await _cache.PutAsync(Key, Entry("out.o"), Token);

        Assert.Null(await _cache.GetAsync(Key with { InstanceName = "other" }, Token));
        Assert.Null(await _cache.GetAsync(Key with { Environment = "environment-2" }, Token));
        Assert.Null(await _cache.GetAsync(Key with { Action = Digest.OfBytes("another"u8) }, Token));
        Assert.Null(await _cache.GetAsync(new ActionKey("mainenvironment", "-1", Key.Action), Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)]
    public async Task Get_TornEntry_IsAMiss(int bytesKept)
    {
        await _cache.PutAsync(Key, Entry("out.o"), Token);
        await using (var file = new FileStream(EntryFile(), FileMode.Open))
        {
            file.SetLength(bytesKept);
        }

        Assert.Null(await _cache.GetAsync(Key, Token));
    }

    [Fact]
    public async Task Get_AnyFlippedBit_IsAMissOrTheSameEntry()
    {
        var entry = Entry("out.o");
        await _cache.PutAsync(Key, entry, Token);
        var whole = await File.ReadAllBytesAsync(EntryFile(), Token);
        for (var bit = 0; bit < whole.Length * 8; bit += 7)
        {
            var damaged = whole.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            await _cache.PutAsync(Key, entry, Token);
            await File.WriteAllBytesAsync(EntryFile(), damaged, Token);

            var found = await _cache.GetAsync(Key, Token);
            Assert.True(found is null || found.Equals(entry), $"Bit {bit} changed the entry.");
        }
    }

    [Fact]
    public async Task Put_ManyAtOnce_AllCanBeRead()
    {
        await Parallel.ForAsync(0, 200, Token, async (i, token) =>
            await _cache.PutAsync(Key with { Action = Digest.OfBytes(BitConverter.GetBytes(i % 50)) }, Entry($"out{i % 50}"), token));

        for (var i = 0; i < 50; i++)
        {
            var entry = await _cache.GetAsync(Key with { Action = Digest.OfBytes(BitConverter.GetBytes(i)) }, Token);
            Assert.Equal($"out{i}", entry!.Result.OutputFiles[0].Path);
        }
    }

    private static ActionEntry Entry(string output) => new(
        new ActionResult { OutputFiles = { new OutputFile { Path = output, Digest = new() { Hash = new string('a', 64), SizeBytes = 5 } } } },
        EntryKind.Executed,
        "worker-1",
        new DateTimeOffset(2026, 5, 4, 3, 2, 1, TimeSpan.Zero));

    private string EntryFile() => Assert.Single(System.IO.Directory.GetFiles(_folder.File("actions"), "*", SearchOption.AllDirectories));

    private void Open()
    {
        _directory = StoreDirectory.Open(_folder.Path);
        _cache = DiskActionCache.Open(_directory, new DiskActionCacheOptions(), TimeProvider.System, NullLogger<DiskActionCache>.Instance);
    }

    private async Task CloseAsync()
    {
        await _cache.DisposeAsync();
        _directory.Dispose();
    }
}
