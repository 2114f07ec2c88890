using BuildFarm.TestKit;
using BuildFarm.Worker.Native;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>Two that remove the same tree: a worker that ends, and its successor over the same folder.</summary>
public sealed class TreeRemoverTests
{
    [Fact]
    public async Task Trees_ThatAnotherRemovesToo_AreGoneWithoutAnError()
    {
        using var folder = new TempFolder();
        for (var round = 0; round < 40; round++)
        {
            for (var i = 0; i < 100; i++)
                File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder.File($"tasks/a{i % 10}/b{i}/c")).FullName, "file"), "x");

            using var both = new Barrier(2);
            await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                both.SignalAndWait(TestContext.Current.CancellationToken);
                TreeRemover.Empty(folder.File("tasks"));
            })));

            Assert.Empty(Directory.EnumerateFileSystemEntries(folder.File("tasks")));
        }
    }

    [Fact]
    public void Entries_OfAFolderThatIsGone_AreNone()
    {
        using var folder = new TempFolder();
        using var open = DirectoryHandle.Open(Directory.CreateDirectory(folder.File("gone")).FullName);
        Directory.Delete(folder.File("gone"));

        Assert.Empty(open.Entries(10));
    }
}
