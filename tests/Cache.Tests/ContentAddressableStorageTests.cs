using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests.Trees;
using Google.Protobuf;
using Grpc.Core;
using Xunit;
using Digest = BuildFarm.Digests.Digest;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Cache.Tests;

public sealed class ContentAddressableStorageTests : IAsyncLifetime
{
    private CacheServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await CacheServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Rule07_FindMissing_NamesWhatIsAbsentAlone()
    {
        var present = await _server.Blobs.PutBytesAsync("present"u8.ToArray(), Token);
        var absent = Digest.OfBytes("absent"u8);
        var wrongSize = Digest.Parse(present.HashHex, present.SizeBytes + 1);

        var response = await _server.Cas.FindMissingBlobsAsync(
            new FindMissingBlobsRequest { BlobDigests = { present.ToProto(), absent.ToProto(), absent.ToProto(), wrongSize.ToProto() } });

        Assert.Equal([absent.ToProto(), wrongSize.ToProto()], response.MissingBlobDigests);
    }

    /// <summary>A store over the wire is asked for blobs of all functions at once, and each question goes out in its function's name.</summary>
    [Fact]
    public async Task Rule10_RemoteStoreAskedForManyFunctions_KeepsThemApart()
    {
        var store = new BuildFarm.BlobStore.Remote.RemoteBlobStore(_server.Invoker);
        var content = TestContent.Of(2000, seed: 4);
        var all = BuildFarm.Digests.DigestFunction.All;
        foreach (var function in all.Where(static function => function.HashLength != 32 || function.IsNamed))
        {
            await store.PutBytesAsync(content, function, Token);
        }

        var missing = await store.FindMissingAsync([.. all.Select(function => Digest.OfBytes(content, function)), .. all.Select(static function => function.EmptyBlob)], Token);

        Assert.Equal([Digest.OfBytes(content)], missing);
        foreach (var function in all.Where(static function => function.IsNamed))
        {
            Assert.Equal(content, await store.ReadAllBytesAsync(Digest.OfBytes(content, function), cancellationToken: Token));
        }
    }

    [Fact]
    public async Task Rule09_EmptyBlob_IsPresentEverywhere()
    {
        var found = await _server.Cas.FindMissingBlobsAsync(new FindMissingBlobsRequest { BlobDigests = { Digest.Empty.ToProto() } });
        var read = await _server.Cas.BatchReadBlobsAsync(new BatchReadBlobsRequest { Digests = { Digest.Empty.ToProto() } });

        Assert.Empty(found.MissingBlobDigests);
        Assert.Equal(0, Assert.Single(read.Responses).Status?.Code ?? 0);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("abc", 3)]
    [InlineData("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", 0)]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", -1)]
    [InlineData("../c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8551", 5)]
    public async Task Rule10_MalformedDigest_IsInvalid(string hash, long size)
    {
        var digest = new Build.Bazel.Remote.Execution.V2.Digest { Hash = hash, SizeBytes = size };

        await Refused.WithAsync(StatusCode.InvalidArgument, async () =>
            await _server.Cas.FindMissingBlobsAsync(new FindMissingBlobsRequest { BlobDigests = { digest } }));
        await Refused.WithAsync(StatusCode.InvalidArgument, async () =>
            await _server.Cas.BatchReadBlobsAsync(new BatchReadBlobsRequest { Digests = { digest } }));
    }

    [Fact]
    public async Task Rule10_OtherDigestFunction_IsInvalid()
    {
        await Refused.WithAsync(StatusCode.InvalidArgument, async () => await _server.Cas.FindMissingBlobsAsync(
            new FindMissingBlobsRequest { DigestFunction = DigestFunction.Types.Value.Vso }));
    }

    [Theory]
    [InlineData("a/blobs/b")]
    [InlineData("uploads")]
    [InlineData("a//b")]
    public async Task Rule11_ReservedInstanceName_IsInvalid(string instance)
    {
        await Refused.WithAsync(StatusCode.InvalidArgument, async () => await _server.Cas.FindMissingBlobsAsync(
            new FindMissingBlobsRequest { InstanceName = instance }));
    }

    [Fact]
    public async Task Rule15_BatchUpdate_GivesEachBlobItsStatus()
    {
        var good = "good"u8.ToArray();
        var request = new BatchUpdateBlobsRequest
        {
            Requests =
            {
                new BatchUpdateBlobsRequest.Types.Request { Digest = Digest.OfBytes(good).ToProto(), Data = ByteString.CopyFrom(good) },
                new BatchUpdateBlobsRequest.Types.Request { Digest = Digest.OfBytes("else"u8).ToProto(), Data = ByteString.CopyFrom(good) },
                new BatchUpdateBlobsRequest.Types.Request
                {
                    Digest = Digest.OfBytes("zipped"u8).ToProto(), Data = ByteString.CopyFromUtf8("zipped"), Compressor = Compressor.Types.Value.Zstd,
                },
            },
        };

        var response = await _server.Cas.BatchUpdateBlobsAsync(request);

        Assert.Equal(
            [StatusCode.OK, StatusCode.InvalidArgument, StatusCode.InvalidArgument], response.Responses.Select(item => (StatusCode)item.Status.Code));
        Assert.Equal(request.Requests.Select(item => item.Digest), response.Responses.Select(item => item.Digest));
        Assert.Single(await _server.Blobs.FindMissingAsync([Digest.OfBytes(good), Digest.OfBytes("else"u8)], Token));
    }

    [Fact]
    public async Task Rule15_BatchRead_GivesEachBlobItsStatus()
    {
        var present = await _server.Blobs.PutBytesAsync("present"u8.ToArray(), Token);
        var absent = Digest.OfBytes("absent"u8);

        var response = await _server.Cas.BatchReadBlobsAsync(new BatchReadBlobsRequest { Digests = { present.ToProto(), absent.ToProto() } });

        Assert.Equal([StatusCode.OK, StatusCode.NotFound], response.Responses.Select(item => (StatusCode)item.Status.Code));
        Assert.Equal("present", response.Responses[0].Data.ToStringUtf8());
    }

    [Fact]
    public async Task Rule15_BatchAtTheLimit_IsTakenAndGiven()
    {
        var content = TestContent.Of(4 << 20, seed: 1);
        var digest = Digest.OfBytes(content);

        var stored = await _server.Cas.BatchUpdateBlobsAsync(new BatchUpdateBlobsRequest
        {
            Requests = { new BatchUpdateBlobsRequest.Types.Request { Digest = digest.ToProto(), Data = ByteString.CopyFrom(content) } },
        });
        var read = await _server.Cas.BatchReadBlobsAsync(new BatchReadBlobsRequest { Digests = { digest.ToProto() } });

        Assert.Equal(0, stored.Responses[0].Status.Code);
        Assert.True(read.Responses[0].Data.Span.SequenceEqual(content));
    }

    [Fact]
    public async Task Rule15_BatchOverTheLimit_FailsAsAWhole()
    {
        var half = ByteString.CopyFrom(new byte[(2 << 20) + 1]);
        var item = new BatchUpdateBlobsRequest.Types.Request { Digest = Digest.OfBytes(half.Span).ToProto(), Data = half };
        var large = Digest.Parse(new string('a', 64), long.MaxValue).ToProto();

        await Refused.WithAsync(StatusCode.InvalidArgument, async () =>
            await _server.Cas.BatchUpdateBlobsAsync(new BatchUpdateBlobsRequest { Requests = { item, item } }));
        await Refused.WithAsync(StatusCode.InvalidArgument, async () =>
            await _server.Cas.BatchReadBlobsAsync(new BatchReadBlobsRequest { Digests = { large, large } }));
    }

    [Fact]
    public async Task Rule24_GetTree_GivesEveryDirectoryOnceWhateverThePageSize()
    {
        var (root, directories) = await PutTreeAsync();

        foreach (var pageSize in (int[])[0, 1, 2, 100])
        {
            var pages = await TreeAsync(new GetTreeRequest { RootDigest = root.ToProto(), PageSize = pageSize });
            Assert.Equal(directories, pages.SelectMany(page => page.Directories));
            Assert.All(pages, page => Assert.True(pageSize == 0 || page.Directories.Count <= pageSize));
            Assert.Empty(pages[^1].NextPageToken);
        }
    }

    [Fact]
    public async Task Rule24_GetTree_GoesOnAtAPageToken()
    {
        var (root, directories) = await PutTreeAsync();
        var first = (await TreeAsync(new GetTreeRequest { RootDigest = root.ToProto(), PageSize = 2 }))[0];

        var rest = await TreeAsync(new GetTreeRequest { RootDigest = root.ToProto(), PageSize = 2, PageToken = first.NextPageToken });

        Assert.Equal(directories.Skip(2), rest.SelectMany(page => page.Directories));
        await Refused.WithAsync(StatusCode.InvalidArgument, () => TreeAsync(new GetTreeRequest { RootDigest = root.ToProto(), PageToken = "x" }));
    }

    [Fact]
    public async Task Rule24_GetTree_LeavesOutMissingChildrenAndRefusesAMissingRoot()
    {
        var root = new Directory { Directories = { new DirectoryNode { Name = "gone", Digest = Digest.OfBytes("gone"u8).ToProto() } } };
        var digest = await _server.Blobs.PutMessageAsync(root, Token);

        Assert.Equal([root], Assert.Single(await TreeAsync(new GetTreeRequest { RootDigest = digest.ToProto() })).Directories);
        await Refused.WithAsync(StatusCode.NotFound, () => TreeAsync(new GetTreeRequest { RootDigest = Digest.OfBytes("gone"u8).ToProto() }));
    }

    [Fact]
    public async Task Rule24_GetTree_BlobThatIsNoDirectory_IsInvalid()
    {
        var digest = await _server.Blobs.PutBytesAsync(new byte[] { 0x0a, 0xff }, Token);

        await Refused.WithAsync(StatusCode.InvalidArgument, () => TreeAsync(new GetTreeRequest { RootDigest = digest.ToProto() }));
    }

    [Fact]
    public async Task SplitBlob_AChunkWasLost_IsCutAgain()
    {
        var digest = await _server.Blobs.PutBytesAsync(TestContent.Of(5_000_000, seed: 8), Token);
        var first = await _server.Cas.SplitBlobAsync(new SplitBlobRequest { BlobDigest = digest.ToProto() }, cancellationToken: Token);
        foreach (var file in System.IO.Directory.GetFiles(Path.Combine(_server.Directory, "blobs"), first.ChunkDigests[2].Hash, SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        var again = await _server.Cas.SplitBlobAsync(new SplitBlobRequest { BlobDigest = digest.ToProto() }, cancellationToken: Token);

        Assert.Equal(first, again);
        Assert.Empty(await _server.Blobs.FindMissingAsync([.. again.ChunkDigests.Select(static chunk => chunk.ToDigest("chunk"))], Token));
    }

    [Fact]
    public async Task SplitBlob_WithoutABlob_IsInvalid() =>
        await Refused.WithAsync(StatusCode.InvalidArgument, async () => await _server.Cas.SplitBlobAsync(new SplitBlobRequest(), cancellationToken: Token));

    private async Task<(Digest Root, List<Directory> InOrder)> PutTreeAsync()
    {
        var leaf = new Directory { Files = { new FileNode { Name = "f", Digest = Digest.Empty.ToProto() } } };
        var left = new Directory { Directories = { Node("leaf", leaf), Node("leaf-again", leaf) } };
        var right = new Directory { Directories = { Node("leaf", leaf) } };
        var root = new Directory { Directories = { Node("left", left), Node("right", right) } };
        foreach (var directory in (Directory[])[leaf, left, right, root])
        {
            await _server.Blobs.PutMessageAsync(directory, Token);
        }

        return (Digest.OfMessage(root), [root, left, right, leaf]);

        static DirectoryNode Node(string name, Directory directory) => new() { Name = name, Digest = Digest.OfMessage(directory).ToProto() };
    }

    private async Task<List<GetTreeResponse>> TreeAsync(GetTreeRequest request)
    {
        using var call = _server.Cas.GetTree(request);
        var pages = new List<GetTreeResponse>();
        while (await call.ResponseStream.MoveNext(Token))
        {
            pages.Add(call.ResponseStream.Current);
        }

        return pages;
    }
}
