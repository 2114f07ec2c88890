using BuildFarm.BlobStore.S3;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using BuildFarm.TestKit.S3;
using Xunit;

namespace BuildFarm.BlobStore.Tests.S3;

public sealed class S3BlobStoreTests
{
    private const int ThreeParts = (2 * (5 << 20)) + 100_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Write_LargeBlob_GoesUpInPartsAndIsOneObject()
    {
        await using var store = await S3Store.StartAsync();
        var content = TestContent.Of(ThreeParts, seed: 1);

        var digest = await store.Blobs.PutBytesAsync(content, Token);

        Assert.Equal(content, await store.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Equal((1, 3, 1), (store.Fake.Count("BEGIN upload"), store.Fake.Count("PUT part"), store.Fake.Count("COMPLETE upload")));
        Assert.Equal($"farm/blobs/sha256/{digest.HashHex}", Assert.Single(store.Fake.Objects.ByKey).Key);
        Assert.Empty(store.Fake.Objects.Uploads);
    }

    [Fact]
    public async Task Write_BlobOfExactlyTwoParts_HasTwo()
    {
        await using var store = await S3Store.StartAsync();
        var content = TestContent.Of(2 * (5 << 20), seed: 2);

        var digest = await store.Blobs.PutBytesAsync(content, Token);

        Assert.Equal(2, store.Fake.Count("PUT part"));
        Assert.True(await store.Blobs.ContainsAsync(digest, Token));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(ThreeParts)]
    public async Task Write_WrongBytes_NothingIsEverVisibleAndPartsAreAbandoned(int size)
    {
        // Parts are abandoned with a limit in time, which on this clock is never over.
        await using var store = await S3Store.StartAsync(time: new StoppedTime());
        var digest = Digest.OfBytes(TestContent.Of(size, seed: 3));

        await using (var writer = await store.Blobs.CreateAsync(digest, Token))
        {
            await writer.WriteAsync(TestContent.Of(size, seed: 4), Token);
            await Assert.ThrowsAsync<DigestMismatchException>(async () => await writer.CommitAsync(Token));
        }

        Assert.Empty(store.Fake.Objects.ByKey);
        Assert.Empty(store.Fake.Objects.Uploads);
    }

    [Fact]
    public async Task Write_PlainHttp_SignsEveryChunkAndTheServerChecksTheHash()
    {
        await using var store = await S3Store.StartAsync();

        await store.Blobs.PutBytesAsync(TestContent.Of(300_000, seed: 5), Token);
        await store.Blobs.PutBytesAsync(TestContent.Of(ThreeParts, seed: 6), Token);

        Assert.Equal("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", store.Fake.Taken.First(taken => taken.Operation == "PUT object").Payload);
        Assert.Equal("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", store.Fake.Taken.First(taken => taken.Operation == "PUT part").Payload);
    }

    [Fact]
    public async Task Read_WrongByte_IsFoundOutAndTheObjectGoes()
    {
        await using var store = await S3Store.StartAsync();
        var digest = await store.Blobs.PutBytesAsync(TestContent.Of(1_000_000, seed: 7), Token);
        store.Fake.Fail("GET", S3Fault.WrongByte);

        await Assert.ThrowsAsync<CorruptBlobException>(async () => await store.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));

        Assert.Empty(store.Fake.Objects.ByKey);
        Assert.Equal([digest], await store.Blobs.FindMissingAsync([digest], Token));
    }

    [Fact]
    public async Task Read_ConnectionCutInTheMiddle_GoesOnWhereItWas()
    {
        await using var store = await S3Store.StartAsync();
        var content = TestContent.Of(3_000_000, seed: 8);
        var digest = await store.Blobs.PutBytesAsync(content, Token);
        store.Fake.Fail("GET", S3Fault.CutInBody, times: 3);

        Assert.Equal(content, await store.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public async Task Read_AnswerThatStops_IsAskedForAgain()
    {
        // The second is over soon where the answer stops. A machine that stands still may use up some more of them, and is no failure.
        await using var store = await S3Store.StartAsync(options => options with { Timeout = TimeSpan.FromSeconds(1), Retries = 20 });
        var content = TestContent.Of(3_000_000, seed: 9);
        var digest = await store.Blobs.PutBytesAsync(content, Token);
        store.Fake.Fail("GET", S3Fault.StopsInBody);

        Assert.Equal(content, await store.Blobs.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Theory]
    [InlineData(S3Fault.SlowDown)]
    [InlineData(S3Fault.InternalError)]
    public async Task Request_ServerThatIsBusyForAWhile_IsRepeated(S3Fault fault)
    {
        await using var store = await S3Store.StartAsync();
        store.Fake.Fail("PUT", fault, times: 2);

        var digest = await store.Blobs.PutBytesAsync(TestContent.Of(1000, seed: 10), Token);

        Assert.True(await store.Blobs.ContainsAsync(digest, Token));
    }

    [Fact]
    public async Task Request_ServerThatStaysBusy_IsOneClearLine()
    {
        await using var store = await S3Store.StartAsync(options => options with { Retries = 1 });
        store.Fake.Fail("PUT", S3Fault.SlowDown, times: 2);

        var failure = await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await store.Blobs.PutBytesAsync(TestContent.Of(1000, seed: 11), Token));

        Assert.Contains("answered 503 SlowDown, 2 times; could not store blob", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    [Fact]
    public async Task Request_NoAnswer_EndsWithinItsTime()
    {
        await using var store = await S3Store.StartAsync(options => options with { Retries = 0, Timeout = TimeSpan.FromSeconds(1) });
        // The platform's HTTP handler may send a request that got no byte of an answer once more over another connection, below the SDK and its retries.
        store.Fake.Fail("GET", S3Fault.NoAnswer, times: 10);

        var failure = await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await store.Blobs.OpenAsync(Digest.OfBytes("any"u8), Token));

        Assert.Contains("did not answer within 1 s", failure.Message, StringComparison.Ordinal);
        Assert.Empty(store.Fake.Taken);
    }

    [Fact]
    public async Task Request_DiskOfTheServerFull_IsFull()
    {
        await using var store = await S3Store.StartAsync(options => options with { Retries = 0 });
        store.Fake.Fail("PUT", S3Fault.Full);

        await Assert.ThrowsAsync<BlobStoreFullException>(async () => await store.Blobs.PutBytesAsync(TestContent.Of(1000, seed: 12), Token));
    }

    [Fact]
    public async Task Request_WrongSecret_IsRefusedInOneLineWithoutIt()
    {
        await using var store = await S3Store.StartAsync(secret: "not-the-secret");

        var written = await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await store.Blobs.PutBytesAsync(TestContent.Of(1000, seed: 13), Token));
        var asked = await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await store.Blobs.ContainsAsync(Digest.OfBytes("any"u8), Token));

        Assert.Contains("refuses the signature of these credentials (SignatureDoesNotMatch)", written.Message, StringComparison.Ordinal);
        Assert.Contains("Check the credentials", asked.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not-the-secret", $"{written} {asked}", StringComparison.Ordinal);
        Assert.All(store.Fake.Refused, code => Assert.Equal("SignatureDoesNotMatch", code));
    }

    [Fact]
    public async Task Request_BucketThatIsNotThere_IsSaid()
    {
        await using var store = await S3Store.StartAsync(options => options with { Bucket = "another" });

        var failure = await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await store.Blobs.OpenAsync(Digest.OfBytes("any"u8), Token));

        Assert.Contains("has no such bucket", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_NobodyListens_IsSaid()
    {
        await using var store = await S3Store.StartAsync(options => options with { Retries = 0 });
        await store.Fake.DisposeAsync();

        var failure = await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await store.Blobs.ContainsAsync(Digest.OfBytes("any"u8), Token));

        Assert.Contains("cannot be reached", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FindMissing_OldBlob_BecomesYoungByACopyOntoItself()
    {
        var time = new ManualTime();
        await using var store = await S3Store.StartAsync(options => options with { TouchAfter = TimeSpan.FromDays(7) }, time: time);
        store.Fake.Time = time;
        // The SDK signs with the system's clock.
        time.Advance(DateTimeOffset.UtcNow - time.GetUtcNow());
        var digest = await store.Blobs.PutBytesAsync(TestContent.Of(1000, seed: 14), Token);
        var key = Assert.Single(store.Fake.Objects.ByKey).Key;
        await store.Blobs.FindMissingAsync([digest], Token);
        Assert.Equal(0, store.Fake.Count("COPY object"));

        store.Fake.Objects.ByKey[key] = store.Fake.Objects.ByKey[key] with { LastModified = time.GetUtcNow() - TimeSpan.FromDays(8) };
        Assert.Empty(await store.Blobs.FindMissingAsync([digest], Token));
        Assert.Empty(await store.Blobs.FindMissingAsync([digest], Token));

        Assert.Equal(1, store.Fake.Count("COPY object"));
    }

    [Fact]
    public async Task FindMissing_ManyBlobs_AsksWithBoundedParallelism()
    {
        await using var store = await S3Store.StartAsync(options => options with { MaxConcurrency = 8 });
        var digests = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => store.Blobs.PutBytesAsync(TestContent.Of(100, seed: 100 + i), Token).AsTask()));
        var absent = Digest.OfBytes("absent"u8);

        Assert.Equal([absent], await store.Blobs.FindMissingAsync([.. digests, absent, digests[0]], Token));
        Assert.Equal(41, store.Fake.Count("HEAD object"));
    }

    [Fact]
    public async Task FindByHash_KnownAndUnknown_GivesTheSizeOrNothing()
    {
        await using var store = await S3Store.StartAsync();
        var digest = await store.Blobs.PutBytesAsync(TestContent.Of(1234, seed: 15), Token);

        Assert.Equal(digest, await store.Blobs.FindByHashAsync(Digest.Parse(digest.HashHex, 0), Token));
        Assert.Null(await store.Blobs.FindByHashAsync(Digest.OfBytes("absent"u8), Token));
    }

    [Theory]
    [InlineData("http://s3.example.org", "without TLS")]
    [InlineData("https://key:secret@s3.example.org", "credentials do not belong")]
    [InlineData("s3.example.org", "is not https://host")]
    public void Options_UnsafeEndpoint_IsAProblem(string endpoint, string expected)
    {
        var problem = Assert.Single(new S3Options { Bucket = "b", Endpoint = endpoint }.FindProblems());

        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_ProfileThatIsNotThere_IsSaid()
    {
        var file = Path.GetTempFileName();
        try
        {
            var failure = Assert.Throws<InvalidDataException>(() => S3Bucket.Open(new S3Options { Bucket = "b", CredentialsFile = file, Profile = "farm" }));
            Assert.Contains("has no profile 'farm'", failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
