using BuildFarm.Cli.Inputs;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Cli.Tests.Inputs;

public sealed class DigestCacheTests
{
    private static readonly FileFacts Facts = new(FileKind.File, false, 3, 1_000_000_000, 1_000_000_000, 42);
    private static readonly DateTimeOffset MuchLater = DateTimeOffset.FromUnixTimeSeconds(100);
    private static readonly Digest Abc = Digest.OfBytes("abc"u8);

    [Fact]
    public void TryGet_SameFactsInALaterProcess_FindsTheDigest()
    {
        using var temp = new TempFolder();
        var file = Path.Combine(temp.Path, "cache");
        var first = DigestCache.Open(file);
        first.Add("a", Facts, Abc, MuchLater);
        first.Save();

        Assert.True(DigestCache.Open(file).TryGet("a", Facts, out var found));
        Assert.Equal(Abc, found);
    }

    [Fact]
    public void TryGet_AnyFactDiffers_FindsNothing()
    {
        using var temp = new TempFolder();
        var file = Path.Combine(temp.Path, "cache");
        var first = DigestCache.Open(file);
        first.Add("a", Facts, Abc, MuchLater);
        first.Save();
        var second = DigestCache.Open(file);

        Assert.All(
            new[]
            {
                Facts with { Inode = 43 }, Facts with { ChangedNanos = 1 }, Facts with { ModifiedNanos = 1 }, Facts with { SizeBytes = 4 }, Facts with { Executable = true },
            },
            facts => Assert.False(second.TryGet("a", facts, out _)));
    }

    [Fact]
    public void Add_FileChangedAMomentAgo_IsNotRemembered()
    {
        using var temp = new TempFolder();
        var file = Path.Combine(temp.Path, "cache");
        var cache = DigestCache.Open(file);
        cache.Add("a", Facts, Abc, DateTimeOffset.FromUnixTimeSeconds(2));
        cache.Save();

        Assert.False(DigestCache.Open(file).TryGet("a", Facts, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("FDC1")]
    [InlineData("garbage of some length that is no cache at all")]
    public void Open_DamagedFile_IsAnEmptyCache(string content)
    {
        using var temp = new TempFolder();
        var file = Path.Combine(temp.Path, "cache");
        File.WriteAllText(file, content);

        Assert.False(DigestCache.Open(file).TryGet("a", Facts, out _));
    }
}
