using BuildFarm.TestKit;
using BuildFarm.Worker.Roots;
using BuildFarm.Worker.Roots.Images;
using Xunit;
using static BuildFarm.Worker.Tests.Roots.TestLayout;

namespace BuildFarm.Worker.Tests.Roots;

public sealed class ImageCacheTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private TestLayout Layout => new(_folder.File("layout"));

    [Fact]
    public async Task Layers_OfFilesAndLinks_AreLaidOverOneAnother()
    {
        var lower = Layer(FolderEntry("./"), FolderEntry("usr/"), FolderEntry("usr/lib/"), File("usr/lib/a", "old", 0x1ED, user: 1000), SymbolicLink("lib", "usr/lib"), HardLink("usr/b", "usr/lib/a"));
        var upper = Layer(File("usr/lib/a", "new"), File("deep/er/file", "made with its folders"));

        var root = await OpenAsync(Layout.Image("test", ImageConfiguration.OfThisMachine, lower, upper));

        Assert.Equal("new", Read(root, "lib/a"));
        Assert.Equal("old", Read(root, "usr/b"));
        Assert.Equal("made with its folders", Read(root, "deep/er/file"));
        Assert.Equal((UnixFileMode)0x1ED, System.IO.File.GetUnixFileMode($"{root}/usr/b"));
        Assert.Equal(2010, System.IO.File.GetLastWriteTimeUtc($"{root}/usr/b").Year);
    }

    [Fact]
    public async Task Layer_CompressedWithZstd_IsRead()
    {
        await Requirements.AptAsync("zstd", "zstd --version");
        var large = new string('x', 3 << 20);
        // Two frames one after the other, as tools that compress in parts write them.
        var layout = new TestLayout(_folder.File("layout")) { Pack = static layer => [.. Zstd(layer[..1000]), .. Zstd(layer[1000..])] };
        var root = await OpenAsync(layout.Image("test", ImageConfiguration.OfThisMachine, Layer(File("a", "1"), File("b/large", large)), Layer(File("a", "2"))));

        Assert.Equal("2", Read(root, "a"));
        Assert.Equal(large, Read(root, "b/large"));
    }

    [Fact]
    public async Task Layer_CompressedWithZstdAndCutShort_IsRefused()
    {
        await Requirements.AptAsync("zstd", "zstd --version");
        var layout = new TestLayout(_folder.File("layout")) { Pack = static layer => Zstd(layer)[..^8] };
        await RefusedAsync(layout.Image("test", ImageConfiguration.OfThisMachine, Layer(File("a", "1"))), "ends within a frame");
    }

    [Fact]
    public async Task Whiteouts_HideWhatIsBelowAndNothingElse()
    {
        var lower = Layer(File("a/one", "1"), File("a/two", "2"), File("b/three", "3"), File("b/sub/four", "4"));
        var upper = Layer(File("a/.wh.one", ""), File("b/five", "5"), File("b/.wh..wh..opq", ""), File("c/.wh.absent", ""));

        var root = await OpenAsync(Layout.Image("test", ImageConfiguration.OfThisMachine, lower, upper));

        Assert.Equal(["a/two", "b/five"], Files(root));
    }

    [Fact]
    public async Task Kinds_ThatChange_ReplaceOneAnother()
    {
        var lower = Layer(File("folder/inner", "1"), File("file", "2"), SymbolicLink("link", "file"));
        var upper = Layer(File("folder", "now a file"), File("file/inner", "now a folder"), File("link", "now a file too"));

        var root = await OpenAsync(Layout.Image("test", ImageConfiguration.OfThisMachine, lower, upper));

        Assert.Equal(["file/inner", "folder", "link"], Files(root));
        Assert.Equal("now a file too", Read(root, "link"));
    }

    /// <summary>A link of an image is one within the image.</summary>
    [Theory]
    [InlineData("/outside")]
    [InlineData("../../../../outside")]
    public async Task Links_ThatLeadOut_LeadToTheSamePlaceInside(string up)
    {
        var outside = _folder.File("outside");
        Directory.CreateDirectory(outside);
        var target = up.StartsWith('/') ? outside : $"{up[..^"/outside".Length]}{outside}";
        var lower = Layer(FolderEntry("etc/"), SymbolicLink("etc/evil", target));
        var upper = Layer(File("etc/evil/dropped", "x"), File("etc/.wh.nothing", ""), File("etc/evil/.wh.kept", ""));
        System.IO.File.WriteAllText($"{outside}/kept", "kept");

        var root = await OpenAsync(Layout.Image("test", ImageConfiguration.OfThisMachine, lower, upper));

        Assert.Equal([$"{outside}/kept"], Directory.GetFileSystemEntries(outside));
        Assert.True(System.IO.File.Exists($"{root}/etc/evil/dropped"));
    }

    [Fact]
    public async Task HardLink_ThroughALinkThatLeadsOut_IsRefused()
    {
        System.IO.File.WriteAllText(_folder.File("secret"), "secret");
        var layer = Layer(SymbolicLink("out", _folder.Path), HardLink("stolen", "out/secret"));

        await RefusedAsync(Layout.Image("test", ImageConfiguration.OfThisMachine, layer), "links to \"out/secret\"");
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("a/.wh...")]
    public async Task Names_ThatLeadOut_AreRefused(string name)
    {
        await RefusedAsync(Layout.Image("test", ImageConfiguration.OfThisMachine, Layer(File(name, "x"))), "a layer");

        Assert.Empty(Directory.GetFileSystemEntries(_folder.File("images")));
    }

    [Fact]
    public async Task Layer_ThatIsDamaged_IsRefusedAndNothingIsKept()
    {
        var (one, two) = (Layer(File("a", "1")), Layer(File("b", "2")));
        var layout = Layout.Image("test", ImageConfiguration.OfThisMachine, one, two);
        System.IO.File.WriteAllBytes(layout.PathOf(two), Layer(File("b", "3")));

        await RefusedAsync(layout, "is damaged");

        Assert.Empty(Directory.GetFileSystemEntries(_folder.File("images")));
    }

    [Fact]
    public async Task Layout_SaysWhatIsWrongWithIt()
    {
        var layer = Layer(File("a", "1"));
        await RefusedAsync(Layout, "no index.json");
        await RefusedAsync(Layout.Image("other", "m68k", layer), "it is an image for linux/m68k");
        var several = new TestLayout(_folder.File("several")).Image("one", ImageConfiguration.OfThisMachine, layer).Image("two", ImageConfiguration.OfThisMachine, layer);
        await RefusedAsync(several, "several images in it (one, two)");
        await RefusedAsync(several, "no image three in it; there is one, two", "three");
        System.IO.File.WriteAllText($"{several.Folder}/index.json", "{}");
        await RefusedAsync(several, "its index cannot be read");
    }

    [Fact]
    public async Task Image_IsUnpackedOnce_AndWhatWasLeftHalfwayIsNot()
    {
        var layout = Layout.Image("test", ImageConfiguration.OfThisMachine, Layer(File("a", "1")));
        Directory.CreateDirectory(_folder.File("images/.unfinished/root/half"));
        var first = await OpenAsync(layout);
        System.IO.File.WriteAllText($"{first}/mark", "");

        var second = await OpenAsync(layout, "test");

        Assert.Equal(first, second);
        Assert.Equal(["a", "mark"], Files(second));
        Assert.Equal([first], Directory.GetFileSystemEntries(_folder.File("images")));
    }

    public void Dispose() => _folder.Dispose();

    private static string Read(string root, string path) => System.IO.File.ReadAllText($"{root}/{path}");

    private static IEnumerable<string> Files(string root) =>
        Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(root, path)).Order(StringComparer.Ordinal);

    private async Task<string> OpenAsync(TestLayout layout, string name = "")
    {
        var reference = new RootReference(RootKind.OciLayout, layout.Folder, name);
        return (await new ImageCache(_folder.File("images")).OpenAsync(reference, TestContext.Current.CancellationToken)).Folder;
    }

    private async Task RefusedAsync(TestLayout layout, string reason, string name = "")
    {
        var refusal = await Assert.ThrowsAsync<InvalidImageException>(() => OpenAsync(layout, name));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }
}
