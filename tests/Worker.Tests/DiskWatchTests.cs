using BuildFarm.TestKit;
using BuildFarm.Worker.Disk;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>When a disk is full, and when it no longer is.</summary>
public sealed class DiskWatchTests
{
    private const long Mebibyte = 1 << 20;
    private static readonly DiskWatch Watch = new("/data", 512 * Mebibyte, TimeProvider.System, NullLogger.Instance);

    [Theory]
    [InlineData(513, 100_000, false, false)]
    [InlineData(511, 100_000, false, true)]
    [InlineData(1023, 100_000, true, true)]
    [InlineData(1025, 100_000, true, false)]
    [InlineData(40, 1000, false, true)]
    [InlineData(60, 1000, false, false)]
    public void Room_BelowTheReserve_IsFullUntilThereIsTwiceAsMuch(long free, long total, bool wasFull, bool full) =>
        Assert.Equal(full, Watch.Find(new FileSystemUse(free * Mebibyte, free * Mebibyte, total * Mebibyte, 1 << 20, CountsFiles: true), wasFull).Length > 0);

    [Theory]
    [InlineData(999, true, true)]
    [InlineData(1001, true, false)]
    [InlineData(0, false, false)]
    public void Files_ThatNoLongerFit_AreAFullDisk(long files, bool counts, bool full) =>
        Assert.Equal(full, Watch.Find(new FileSystemUse(1L << 40, 1L << 40, 1L << 41, files, counts), wasFull: false).Length > 0);

    [Fact]
    public void Look_AtADiskThatFillsAndEmpties_TellsOnceEach()
    {
        using var folder = new TempFolder();
        using var disk = SmallDisk.Mount(folder.File("disk"), megabytes: 16);
        var watch = new DiskWatch(disk.Path, 512 * Mebibyte, TimeProvider.System, NullLogger.Instance);
        var told = new List<string>();
        watch.Changed += told.Add;
        watch.Look();
        Assert.Empty(told);
        var filler = Path.Combine(disk.Path, "filler");
        File.WriteAllBytes(filler, new byte[(16 * Mebibyte) - 100_000]);
        watch.Look();
        watch.Look();
        Assert.StartsWith($"the disk of {disk.Path} is full: ", Assert.Single(told), StringComparison.Ordinal);
        File.Delete(filler);
        watch.Look();
        watch.Look();
        Assert.Equal(2, told.Count);
        Assert.Equal("", told[1]);
    }

    [Fact]
    public void Look_ByTwoTasksThatAFullDiskHasEnded_ReturnsToBothWhenItHasBeenTold()
    {
        using var folder = new TempFolder();
        using var disk = SmallDisk.Mount(folder.File("disk"), megabytes: 16);
        File.WriteAllBytes(Path.Combine(disk.Path, "filler"), new byte[(16 * Mebibyte) - 100_000]);
        var watch = new DiskWatch(disk.Path, 512 * Mebibyte, TimeProvider.System, NullLogger.Instance);
        Assert.StartsWith(
            $"the disk of {disk.Path} is full: ", Announcement.HeardBySecond(listener => watch.Changed += listener, watch.Look), StringComparison.Ordinal);
    }
}
