using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Memory;
using BuildFarm.Digests.Trees;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Digest = BuildFarm.Digests.Digest;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.BlobStore.Tests.Actions;

/// <summary>Rule 8 of REAPI's practice: a hit only when every blob of the result, and of its trees, is there.</summary>
public sealed class CompletenessTests
{
    private static readonly ActionKey Key = new("", "environment", Digest.OfBytes("an action"u8));

    private readonly MemoryBlobStore _blobs = new(1 << 20);
    private readonly OneEntry _inner = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private CompletenessCheckingActionCache Cache => new(_inner, _blobs, NullLogger<CompletenessCheckingActionCache>.Instance);

    public static TheoryData<string> Parts => ["output file", "stdout", "stderr", "tree", "file of the root", "file of a child", "directory root", "file of a directory"];

    [Fact]
    public async Task Rule08_AllBlobsPresent_IsAHit()
    {
        await StoreResultWithoutAsync(null);

        Assert.NotNull(await Cache.GetAsync(Key, Token));
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Rule08_OneBlobGone_IsAMiss(string part)
    {
        await StoreResultWithoutAsync(part);

        Assert.Null(await Cache.GetAsync(Key, Token));
    }

    [Fact]
    public async Task Rule08_MalformedDigest_IsAMiss()
    {
        _inner.Entry = Entry(new ActionResult { StdoutDigest = new() { Hash = "../../etc/passwd", SizeBytes = 1 } });

        Assert.Null(await Cache.GetAsync(Key, Token));
    }

    [Fact]
    public async Task Rule08_TreeThatIsNone_IsAMiss()
    {
        var noTree = await _blobs.PutBytesAsync(new byte[] { 0x0a, 0xff }, Token);
        _inner.Entry = Entry(new ActionResult { OutputDirectories = { new OutputDirectory { Path = "d", TreeDigest = noTree.ToProto() } } });

        Assert.Null(await Cache.GetAsync(Key, Token));
    }

    private static ActionEntry Entry(ActionResult result) => new(result, EntryKind.Executed, "worker", DateTimeOffset.UnixEpoch);

    private async Task StoreResultWithoutAsync(string? missing)
    {
        var child = new Directory { Files = { await FileAsync("file of a child") } };
        var root = new Directory
        {
            Files = { await FileAsync("file of the root") },
            Directories = { new DirectoryNode { Name = "child", Digest = Digest.OfMessage(child).ToProto() } },
        };
        var tree = new Tree { Root = root, Children = { child } };
        var plain = new Directory { Files = { await FileAsync("file of a directory") } };
        _inner.Entry = Entry(new ActionResult
        {
            OutputFiles = { new OutputFile { Path = "f", Digest = (await BytesAsync("output file")).ToProto() } },
            OutputDirectories =
            {
                new OutputDirectory { Path = "d", TreeDigest = (await MessageAsync("tree", tree)).ToProto() },
                new OutputDirectory { Path = "e", RootDirectoryDigest = (await MessageAsync("directory root", plain)).ToProto() },
            },
            StdoutDigest = (await BytesAsync("stdout")).ToProto(),
            StderrDigest = (await BytesAsync("stderr")).ToProto(),
        });

        async Task<FileNode> FileAsync(string part) => new() { Name = "file", Digest = (await BytesAsync(part)).ToProto() };

        async Task<Digest> BytesAsync(string part)
        {
            var content = System.Text.Encoding.UTF8.GetBytes(part);
            return part == missing ? Digest.OfBytes(content) : await _blobs.PutBytesAsync(content, Token);
        }

        async Task<Digest> MessageAsync<T>(string part, T message)
            where T : IMessage<T> =>
            part == missing ? Digest.OfMessage(message) : await _blobs.PutMessageAsync(message, Token);
    }

    private sealed class OneEntry : IActionCache
    {
        public ActionEntry? Entry { get; set; }

        public ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken) => ValueTask.FromResult(Entry);

        public ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
