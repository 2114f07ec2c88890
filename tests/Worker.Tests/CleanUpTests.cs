using BuildFarm.Worker.Native;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>What removal must not do.</summary>
public sealed class CleanUpTests
{
    [Fact]
    public void TreeRemover_WithAMountBelow_RefusesAndKeepsIt()
    {
        using var folder = new TestKit.TempFolder();
        var keep = Directory.CreateDirectory(folder.File("keep")).FullName;
        File.WriteAllText(Path.Combine(keep, "precious"), "x");
        var mount = Directory.CreateDirectory(folder.File("tree/inner/mount")).FullName;
        // In a mount namespace of this thread alone, a bind of the same file system, which device numbers would not show.
        var thread = new Thread(() =>
        {
            Mounts.EnterPrivateNamespace();
            Mounts.Bind(keep, mount);
            var error = Assert.Throws<IOException>(() => TreeRemover.Remove(folder.File("tree")));
            Assert.Contains("is a mount", error.Message, StringComparison.Ordinal);
            Mounts.Unmount(mount);
        });
        thread.Start();
        thread.Join();
        Assert.True(File.Exists(Path.Combine(keep, "precious")));
        TreeRemover.Remove(folder.File("tree"));
        Assert.False(Directory.Exists(folder.File("tree")));
    }
}
