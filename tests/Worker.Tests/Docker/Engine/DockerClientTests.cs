using System.Text;
using BuildFarm.TestKit;
using BuildFarm.Worker.Containers.Docker.Engine;
using Xunit;

namespace BuildFarm.Worker.Tests.Docker.Engine;

/// <summary>The client against a real daemon.</summary>
public sealed class DockerClientTests : IAsyncLifetime
{
    private static readonly string Label = $"buildfarm.test={Guid.NewGuid():N}";

    private DockerDaemon daemon = null!;
    private DockerClient client = null!;

    public async ValueTask InitializeAsync()
    {
        daemon = await SharedDaemon.GetAsync();
        client = new DockerClient(daemon.Socket, TimeProvider.System);
        await client.PingAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var container in (await client.ListAsync(Label, CancellationToken.None)).Value)
            await client.RemoveAsync(container.Id, CancellationToken.None);
        client.Dispose();
    }

    [Fact]
    public async Task Container_FromCreateToRemove_DoesWhatEachCallSays()
    {
        var id = await CreateAsync("cat; echo problem >&2; exit 7", stdin: true);
        Assert.Equal("created", (await client.InspectAsync(id, CancellationToken.None)).Value.State.Status);
        await using var streams = (await client.AttachAsync(id, CancellationToken.None)).Value;
        Assert.Null(await client.StartAsync(id, CancellationToken.None));
        Assert.Null(await client.StartAsync(id, CancellationToken.None));
        Assert.NotEqual(0, (await client.InspectAsync(id, CancellationToken.None)).Value.State.Pid);
        await streams.WriteAsync("hello\n"u8.ToArray(), CancellationToken.None);
        var buffer = new byte[100];
        await streams.StandardOutput.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("hello\n", Encoding.UTF8.GetString(buffer, 0, streams.StandardOutput.TryRead(buffer)));
        var wait = client.WaitAsync(id, CancellationToken.None);
        Assert.Null(await client.KillAsync(id, "SIGKILL", CancellationToken.None));
        Assert.Equal(137, (await wait).Value);
        Assert.Equal("", await AttachedText.ReadAsync(streams.StandardError));
        Assert.Equal(id, Assert.Single((await client.ListAsync(Label, CancellationToken.None)).Value, container => container.Id == id).Id);
        Assert.Null(await client.RemoveAsync(id, CancellationToken.None));
        Assert.Null(await client.RemoveAsync(id, CancellationToken.None));
        Assert.True((await client.InspectAsync(id, CancellationToken.None)).Error!.IsAbsent);
    }

    [Fact]
    public async Task Output_OfBothStreams_IsWholeAndApart()
    {
        var id = await CreateAsync("seq 1 20000; seq 1 20000 >&2; exit 3", stdin: false);
        await using var streams = (await client.AttachAsync(id, CancellationToken.None)).Value;
        Assert.Null(await client.StartAsync(id, CancellationToken.None));
        var expected = string.Concat(Enumerable.Range(1, 20000).Select(static n => $"{n}\n"));
        var texts = await Task.WhenAll(AttachedText.ReadAsync(streams.StandardOutput), AttachedText.ReadAsync(streams.StandardError));
        Assert.Equal([expected, expected], texts);
        Assert.Equal(3, (await client.WaitAsync(id, CancellationToken.None)).Value);
    }

    [Fact]
    public async Task Errors_OfTheDaemon_HaveItsStatusAndWords()
    {
        var absent = (await client.CreateAsync("x", new ContainerSettings { Image = "nobody/has-this:1" }, CancellationToken.None)).Error!;
        Assert.True(absent.IsAbsent);
        Assert.Contains("No such image", absent.Message, StringComparison.Ordinal);
        var wrong = (await client.CreateAsync("x", new ContainerSettings { Image = daemon.Image, HostConfig = new HostSettings { Memory = 1 } }, CancellationToken.None)).Error!;
        Assert.Equal(400, wrong.Status);
        Assert.Contains("memory", wrong.Message, StringComparison.OrdinalIgnoreCase);
        Assert.True((await client.KillAsync("nobody", "KILL", CancellationToken.None))!.IsAbsent);
        Assert.True((await client.WaitAsync("nobody", CancellationToken.None)).Error!.IsAbsent);
        Assert.True((await client.AttachAsync("nobody", CancellationToken.None)).Error!.IsAbsent);
        Assert.True((await client.InspectImageAsync("nobody/has-this:1", CancellationToken.None)).Error!.IsAbsent);
    }

    [Fact]
    public async Task Events_OfAContainer_ComeInTheOrderOfItsLife()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var seen = new List<string>();
        await using var events = client.EventsAsync(Label, stop.Token).GetAsyncEnumerator(stop.Token);
        var next = events.MoveNextAsync().AsTask();
        // The daemon does not say when it has begun to tell of events; what it tells of one shows that it tells of those after it.
        while (!next.IsCompleted)
        {
            await CreateAsync("exit 0", stdin: false);
            await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(100), stop.Token));
        }

        var id = await CreateAsync("exit 0", stdin: false);
        await client.StartAsync(id, CancellationToken.None);
        while (!seen.Contains("die"))
        {
            Assert.True(await next);
            if (events.Current.Value.Actor.ID == id)
                seen.Add(events.Current.Value.Action);
            next = events.MoveNextAsync().AsTask();
        }

        Assert.Equal(["create", "start", "die"], seen);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    [Fact]
    public async Task Images_AreImportedLoadedAndInspected()
    {
        using var folder = new TempFolder();
        var root = Directory.CreateDirectory(folder.File("root"));
        await File.WriteAllTextAsync(Path.Combine(root.FullName, "file"), Label);
        await using var archive = new MemoryStream();
        await System.Formats.Tar.TarFile.CreateFromDirectoryAsync(root.FullName, archive, includeBaseDirectory: false);
        archive.Position = 0;
        var name = $"buildfarm-import-{Guid.NewGuid():N}";
        Assert.Null(await client.ImportImageAsync(archive, name, "1", CancellationToken.None));
        var image = (await client.InspectImageAsync($"{name}:1", CancellationToken.None)).Value;
        Assert.StartsWith("sha256:", image.Id, StringComparison.Ordinal);

        var saved = folder.File("saved.tar");
        await daemon.RunAsync("save", "-o", saved, $"{name}:1");
        await daemon.RunAsync("rmi", $"{name}:1");
        Assert.True((await client.InspectImageAsync($"{name}:1", CancellationToken.None)).Error!.IsAbsent);
        await using (var file = File.OpenRead(saved))
            Assert.Null(await client.LoadImageAsync(file, CancellationToken.None));
        Assert.Equal(image.Id, (await client.InspectImageAsync($"{name}:1", CancellationToken.None)).Value.Id);
        await daemon.RunAsync("rmi", $"{name}:1");

        var garbage = await client.LoadImageAsync(new MemoryStream("this is no archive"u8.ToArray()), CancellationToken.None);
        Assert.NotNull(garbage);
    }

    [Fact]
    public async Task Pull_FromARegistryThatIsNotThere_IsAnError()
    {
        var error = await client.PullImageAsync($"127.0.0.1:1/none@sha256:{new string('0', 64)}", CancellationToken.None);
        Assert.NotNull(error);
        Assert.DoesNotContain('\n', error.Message);
    }

    private async Task<string> CreateAsync(string script, bool stdin)
    {
        var settings = new ContainerSettings
        {
            Image = daemon.Image,
            Cmd = ["sh", "-c", script],
            OpenStdin = stdin,
            Labels = new Dictionary<string, string> { [Label.Split('=')[0]] = Label.Split('=')[1] },
            HostConfig = new HostSettings { NetworkMode = "none", LogConfig = new LogSettings("none") },
        };
        return (await client.CreateAsync($"test-{Guid.NewGuid():N}", settings, CancellationToken.None)).Value;
    }
}
