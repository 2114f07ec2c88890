using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Google.Protobuf;
using Grpc.Core;
using Xunit;
using Digest = Build.Bazel.Remote.Execution.V2.Digest;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Conformance.Reapi.Caches;

/// <summary>Rules 8 to 11 and 16 for each digest function that the capabilities list.</summary>
public sealed class EveryFunctionTests(ServerUnderTest server) : RuleTests(server)
{
    public static TheoryData<DigestFunction.Types.Value> Functions =>
    [
        DigestFunction.Types.Value.Sha256,
        DigestFunction.Types.Value.Sha1,
        DigestFunction.Types.Value.Md5,
        DigestFunction.Types.Value.Sha384,
        DigestFunction.Types.Value.Sha512,
        DigestFunction.Types.Value.Sha256Tree,
        DigestFunction.Types.Value.Blake3,
    ];

    [Fact]
    public void Rule16_Capabilities_NameEachFunctionOnceAndNoUnknownOne()
    {
        var functions = Server.Capabilities.CacheCapabilities.DigestFunctions;

        Assert.Equal(functions.Distinct().Count(), functions.Count);
        Assert.DoesNotContain(DigestFunction.Types.Value.Unknown, functions);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Rule09_EmptyBlob_IsAlwaysPresent(DigestFunction.Types.Value function)
    {
        Use(function);
        var empty = DigestOf([]);

        Assert.Empty(await FindMissingAsync(empty));
        Assert.Empty(await ReadAsync(BlobName(empty)));
        Assert.Equal(0, (await WriteAsync(UploadName(empty), [])).CommittedSize);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Rules10And11_Blob_GoesInAndOutByBothWays(DigestFunction.Types.Value function)
    {
        Use(function);
        byte[] small = Fresh(1000), large = Fresh(3_000_000);
        Assert.Equal([DigestOf(small), DigestOf(large)], await FindMissingAsync(DigestOf(small), DigestOf(large)));

        await StoreAsync(small);
        Assert.Equal(large.Length, (await WriteAsync(UploadName(DigestOf(large)) + "/name.bin", large)).CommittedSize);

        Assert.Empty(await FindMissingAsync(DigestOf(small), DigestOf(large)));
        Assert.Equal(small, await ReadAsync(BlobName(DigestOf(small))));
        Assert.Equal(large[1_000_000..], await ReadAsync(BlobName(DigestOf(large)), offset: 1_000_000));
        var batch = await Cas.BatchReadBlobsAsync(
            new BatchReadBlobsRequest { InstanceName = Instance, DigestFunction = function, Digests = { DigestOf(small) } }, deadline: Deadline());
        Assert.Equal(small, batch.Responses.Single().Data.ToByteArray());
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Rule10_ContentThatDoesNotMatch_IsInvalidAndNotStored(DigestFunction.Types.Value function)
    {
        Use(function);
        var digest = DigestOf(Fresh(2000));

        await RefusedAsync(() => WriteAsync(UploadName(digest), Fresh(2000)), StatusCode.InvalidArgument);

        Assert.Equal([digest], await FindMissingAsync(digest));
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Rule10_HashOfAnotherLength_IsInvalid(DigestFunction.Types.Value function)
    {
        Use(function);
        var digest = DigestOf(Fresh(10));
        digest.Hash += "00";

        await RefusedAsync(() => FindMissingAsync(digest), StatusCode.InvalidArgument);
    }

    /// <summary>The length of the hash tells the classic functions; a named one needs its name.</summary>
    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Rule10_RequestNamesNoFunction_GoesByTheLengthOfTheHash(DigestFunction.Types.Value function)
    {
        Use(function);
        var digest = await StoreAsync(Fresh(1500));

        Function = DigestFunction.Types.Value.Unknown;

        Assert.Equal(function is DigestFunction.Types.Value.Blake3 or DigestFunction.Types.Value.Sha256Tree ? [digest] : [], await FindMissingAsync(digest));
    }

    /// <summary>Of two functions with equal lengths neither sees the other's blobs.</summary>
    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Rule10_OtherFunctionsOfThatLength_DoNotHaveTheBlob(DigestFunction.Types.Value function)
    {
        Use(function);
        var digest = await StoreAsync(Fresh(1500));
        foreach (var other in Server.Capabilities.CacheCapabilities.DigestFunctions.Where(other => other != function))
        {
            Function = other;
            if (DigestOf([]).Hash.Length == digest.Hash.Length)
            {
                Assert.Equal([digest], await FindMissingAsync(digest));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Rule11_FunctionSegment_OnlyOutsideTheClassicSet(DigestFunction.Types.Value function)
    {
        Use(function);
        var digest = await StoreAsync(Fresh(1500));
        var bare = Named($"blobs/{digest.Hash}/{digest.SizeBytes}");
        var named = Named($"blobs/{function.ToString().ToLowerInvariant()}/{digest.Hash}/{digest.SizeBytes}");

        Assert.Equal(1500, (await ReadAsync(IsNamed ? named : bare)).Length);
        await RefusedAsync(() => ReadAsync(IsNamed ? bare : named), StatusCode.InvalidArgument, StatusCode.NotFound);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Rule08_Result_IsAHitOfItsFunctionAlone(DigestFunction.Types.Value function)
    {
        Use(function);
        Assert.SkipUnless(Server.Capabilities.CacheCapabilities.ActionCacheUpdateCapabilities?.UpdateEnabled == true, "this server takes no results from clients");
        var action = await StoreAsync(Fresh(1500));
        var tree = new Tree { Root = new Directory { Files = { new FileNode { Name = "f", Digest = await StoreAsync(Fresh(1500)) } } } };
        var result = new ActionResult
        {
            OutputFiles = { new OutputFile { Path = "o", Digest = await StoreAsync(Fresh(1500)) } },
            OutputDirectories = { new OutputDirectory { Path = "d", TreeDigest = await StoreAsync(tree) } },
        };
        await Results.UpdateActionResultAsync(
            new UpdateActionResultRequest { InstanceName = Instance, ActionDigest = action, ActionResult = result, DigestFunction = function }, deadline: Deadline());

        Assert.Equal(result.OutputFiles, (await GetAsync(action)).OutputFiles);
        foreach (var other in Server.Capabilities.CacheCapabilities.DigestFunctions.Where(other => other != function))
        {
            Function = other;
            if (DigestOf([]).Hash.Length == action.Hash.Length)
            {
                await RefusedAsync(() => GetAsync(action), StatusCode.NotFound);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task GetTree_DirectoriesOfTheFunction_AreAllThere(DigestFunction.Types.Value function)
    {
        Use(function);
        var inner = new Directory { Files = { new FileNode { Name = FreshText(), Digest = DigestOf(Fresh(10)) } } };
        var root = new Directory { Directories = { new DirectoryNode { Name = "a", Digest = await StoreAsync(inner) } } };
        using var call = Cas.GetTree(new GetTreeRequest { InstanceName = Instance, RootDigest = await StoreAsync(root), DigestFunction = function }, deadline: Deadline());
        var found = new List<Directory>();
        while (await call.ResponseStream.MoveNext(Token))
        {
            found.AddRange(call.ResponseStream.Current.Directories);
        }

        Assert.Equal([root, inner], found);
    }

    private async Task<ActionResult> GetAsync(Digest action) => await Results.GetActionResultAsync(
        new GetActionResultRequest { InstanceName = Instance, ActionDigest = action, DigestFunction = Function }, deadline: Deadline());

    private void Use(DigestFunction.Types.Value function)
    {
        Assert.SkipUnless(Server.Capabilities.CacheCapabilities.DigestFunctions.Contains(function), $"this server does not have {function}");
        Function = function;
    }
}
