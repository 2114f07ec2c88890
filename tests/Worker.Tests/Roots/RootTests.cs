using System.Diagnostics;
using BuildFarm.TestKit;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests.Roots;

/// <summary>Tasks in roots that real tools made: umoci an OCI layout, skopeo an archive as of docker save.</summary>
public sealed class RootTests(RootTests.Images images) : IClassFixture<RootTests.Images>
{
    private const string LookAround = "id -u; id -un; cat /mark; ls -d /usr/share 2>/dev/null; touch /x 2>/dev/null || echo read-only; touch /tmp/x ~/y z && echo writable; cat /etc/hostname";

    [Theory]
    [InlineData("oci", "the/image:1")]
    [InlineData("docker", "saved")]
    [InlineData("folder", "rootfs")]
    public async Task Task_SeesItsRootAndNothingOfTheHost(string kind, string name)
    {
        await using var bench = new RootBench(images.Of(kind));
        await bench.InitializeAsync();

        var end = await bench.ShellAsync(LookAround);

        Assert.Equal("1000\nfarm\nof the image\nread-only\nwritable\nfarm\n", end.Output);
        Assert.Equal(name, bench.Engine.Root.ImageName);
        Assert.Matches(kind == "folder" ? "^declared-[0-9a-f]{32}$" : "^image-[0-9a-f]{32}$", bench.Engine.Root.Identity);
    }

    [Fact]
    public async Task Image_HasTheSameIdentityInAnyWorker()
    {
        await using var one = new RootBench(images.Of("oci"));
        await using var other = new RootBench(images.Of("oci"));
        await one.InitializeAsync();
        await other.InitializeAsync();

        Assert.Equal(one.Engine.Root.Identity, other.Engine.Root.Identity);
    }

    [Theory]
    [InlineData("/absent", "cannot be used")]
    [InlineData("oci:/absent", "no index.json")]
    [InlineData("docker:/etc/passwd", "no archive of docker save")]
    [InlineData("docker:/absent", "cannot be used")]
    [InlineData("busybox", "write host, /DIR")]
    public async Task Root_ThatCannotBe_IsOneLine(string root, string line)
    {
        await using var bench = new RootBench(root);

        var refusal = await Assert.ThrowsAsync<RuntimeUnusableException>(async () => await bench.InitializeAsync());

        Assert.Contains(line, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Fact]
    public async Task Folder_ThatNobodyIdentifies_IsRefused()
    {
        await using var bench = new RootBench(images.Of("folder"), identity: "");

        var refusal = await Assert.ThrowsAsync<RuntimeUnusableException>(async () => await bench.InitializeAsync());

        Assert.Contains("--Worker:RootIdentity", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>A worker with that root.</summary>
    private sealed class RootBench(string root, string identity = "made for this test") : WorkerBench
    {
        internal override void Configure(WorkerOptions options) => (options.Root, options.RootIdentity) = (root, identity);
    }

    /// <summary>A root file system of busybox, as a folder, a layout and an archive.</summary>
    public sealed class Images : IAsyncLifetime
    {
        private readonly TempFolder _folder = new();

        public string Of(string kind) => kind switch
        {
            "oci" => $"oci:{_folder.File("layout")}:the/image:1",
            "docker" => $"docker:{_folder.File("saved.tar")}",
            _ => _folder.File("rootfs"),
        };

        public async ValueTask InitializeAsync()
        {
            await Requirements.AptAsync("umoci skopeo busybox-static", "umoci --version && skopeo --version && dpkg --status busybox-static");
            await RunAsync(
                $"""
                set -e; cd {_folder.Path}; mkdir -p rootfs/bin
                cp $(command -v busybox) rootfs/bin/busybox
                for name in sh cat id ls touch echo true; do ln -s busybox rootfs/bin/$name; done
                echo of the image > rootfs/mark
                umoci init --layout layout; umoci new --image layout:the/image:1
                umoci unpack --image layout:the/image:1 bundle
                cp -a rootfs/. bundle/rootfs/; umoci repack --image layout:the/image:1 bundle
                skopeo copy --insecure-policy oci:layout:the/image:1 docker-archive:saved.tar:local/image:2
                """);
        }

        public ValueTask DisposeAsync()
        {
            _folder.Dispose();
            return ValueTask.CompletedTask;
        }

        private static async Task RunAsync(string script)
        {
            var start = new ProcessStartInfo("/bin/sh", ["-c", script]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, await output + await error);
        }
    }
}
