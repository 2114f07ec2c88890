using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BuildFarm.Digests.Tests;

public sealed class DigestTests
{
    private const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private const string AbcHash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    // From the examples of FIPS 180-4, as sha256sum prints them.
    public static TheoryData<string, string> KnownAnswers => new()
    {
        { "", EmptyHash },
        { "abc", AbcHash },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        { new string('a', 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
    };

    public static TheoryData<string, long, string> Malformed => new()
    {
        { "", 0, "no supported digest function" },
        { AbcHash[..63], 3, "no supported digest function" },
        { AbcHash + "00", 3, "no supported digest function" },
        { AbcHash.ToUpperInvariant(), 3, "lower-case hex" },
        { "g" + AbcHash[1..], 3, "lower-case hex" },
        { " " + AbcHash[1..], 3, "lower-case hex" },
        { AbcHash, -1, "zero or more" },
        { AbcHash, long.MinValue, "zero or more" },
    };

    [Theory]
    [MemberData(nameof(KnownAnswers))]
    public async Task Digest_KnownContent_HasKnownHashHoweverItIsFed(string content, string hash)
    {
        var bytes = Encoding.UTF8.GetBytes(content);

        var digest = Digest.OfBytes(bytes);

        Assert.Equal(hash, digest.HashHex);
        Assert.Equal(bytes.Length, digest.SizeBytes);
        Assert.Equal($"{hash}/{bytes.Length}", digest.ToString());
        Assert.Equal(digest, await Digest.OfStreamAsync(new MemoryStream(bytes), cancellationToken: TestContext.Current.CancellationToken));
        using var builder = new DigestBuilder();
        foreach (var part in bytes.Chunk(997))
            builder.Append(part);
        Assert.Equal(bytes.Length, builder.Length);
        Assert.Equal(digest, builder.Finish());
        Assert.Equal(Digest.Empty, builder.Finish());
    }

    [Fact]
    public void Digest_Empty_IsTheBlobOfNoBytes()
    {
        Assert.Equal(EmptyHash, Digest.Empty.HashHex);
        Assert.Equal(0, Digest.Empty.SizeBytes);
        Assert.True(Digest.Empty.IsEmptyBlob);
        Assert.False(Digest.Empty.IsDefault);
    }

    [Fact]
    public void Digest_Default_NamesNoBlob()
    {
        Digest none = default;

        Assert.True(none.IsDefault);
        Assert.False(none.IsEmptyBlob);
        Assert.NotEqual(Digest.Empty, none);
        Assert.Equal("none", none.ToString());
        Assert.Throws<InvalidOperationException>(() => none.HashHex);
        Assert.Throws<InvalidOperationException>(() => none.Function);
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Parse_MalformedDigest_SaysWhatIsWrong(string hash, long size, string problem)
    {
        var error = Assert.Throws<DigestFormatException>(() => Digest.Parse(hash, size));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.False(Digest.TryParse(hash, size, null, out var digest, out _));
        Assert.True(digest.IsDefault);
        Assert.False(Digest.TryParse(System.Text.Encoding.UTF8.GetBytes(hash), size, null, out _, out var said));
        Assert.Contains(problem, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_HashInUtf8_IsTheSameDigest()
    {
        foreach (var function in DigestFunction.All)
        {
            var digest = Digest.OfBytes("abc"u8, function);

            Assert.True(Digest.TryParse(System.Text.Encoding.UTF8.GetBytes(digest.HashHex), 3, function, out var read, out _));
            Assert.Equal(digest, read);
            Assert.StartsWith(read.HashStart.ToString("x16", System.Globalization.CultureInfo.InvariantCulture), digest.HashHex, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(AbcHash)]
    [InlineData(AbcHash + "/")]
    [InlineData(AbcHash + "/-3")]
    [InlineData(AbcHash + "/+3")]
    [InlineData(AbcHash + "/03")]
    [InlineData(AbcHash + "/ 3")]
    [InlineData(AbcHash + "/3/")]
    [InlineData(AbcHash + "/9223372036854775808")]
    [InlineData("/3")]
    public void Parse_MalformedText_IsRefused(string text)
    {
        Assert.False(Digest.TryParse(text, out _));
        Assert.Throws<DigestFormatException>(() => Digest.Parse(text));
    }

    [Fact]
    public void Parse_WhatToStringWrote_GivesTheSameDigest() =>
        Prop.ForAll<byte[], NonNegativeInt>((content, size) =>
        {
            var digest = new Digest(DigestFunction.Sha256, SHA256.HashData(content), size.Get);
            var parsed = Digest.Parse(digest.ToString());
            return parsed == digest && parsed.GetHashCode() == digest.GetHashCode() && parsed.CompareTo(digest) == 0;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void CompareTo_AnyTwo_OrdersAsTheTextOfTheHash() =>
        Prop.ForAll<byte[], byte[]>((left, right) =>
        {
            Digest a = Digest.OfBytes(left), b = Digest.OfBytes(right);
            return Math.Sign(a.CompareTo(b)) == Math.Sign(string.CompareOrdinal(a.HashHex, b.HashHex)) && (a < b) == (b > a) && (a == b) == (a <= b && a >= b);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Equals_SameHashOtherSize_IsNotTheSameBlob()
    {
        var digest = Digest.Parse(AbcHash, 3);

        Assert.NotEqual(digest, Digest.Parse(AbcHash, 4));
        Assert.True(digest < Digest.Parse(AbcHash, 4));
    }

    [Fact]
    public void OfBytes_OnTheHotPath_AllocatesNothing()
    {
        var content = new byte[4096];
        Digest.OfBytes(content);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++)
            Digest.OfBytes(content);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 999);
    }
}
