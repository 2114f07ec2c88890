using System.Text;
using Xunit;

namespace BuildFarm.Digests.Tests;

public sealed class DigestFunctionTests
{
    // "abc": RFC 1321 and the examples of FIPS 180-4.
    public static TheoryData<string, string> Classic => new()
    {
        { "md5", "900150983cd24fb0d6963f7d28e17f72" },
        { "sha1", "a9993e364706816aba3e25717850c26c9cd0d89d" },
        { "sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "sha384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
        { "sha512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
    };

    // Of the bytes 0 to 250, again and again: the first 32 bytes of BLAKE3's published test vectors.
    public static TheoryData<int, string> Blake3 => new()
    {
        { 0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262" },
        { 1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213" },
        { 1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11" },
        { 1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7" },
        { 1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444" },
        { 2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a" },
        { 2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030" },
        { 3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2" },
        { 3073, "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3" },
        { 4096, "015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969" },
        { 4097, "9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995" },
        { 5120, "9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833" },
        { 5121, "628bd2cb2004694adaab7bbd778a25df25c47b9d4155a55f8fbd79f2fe154cff" },
        { 6144, "3e2e5b74e048f3add6d21faab3f83aa44d3b2278afb83b80b3c35164ebeca205" },
        { 6145, "f1323a8631446cc50536a9f705ee5cb619424d46887f3c376c695b70e0f0507f" },
        { 7168, "61da957ec2499a95d6b8023e2b0e604ec7f6b50e80a9678b89d2628e99ada77a" },
        { 7169, "a003fc7a51754a9b3c7fae0367ab3d782dccf28855a03d435f8cfe74605e7817" },
        { 8192, "aae792484c8efe4f19e2ca7d371d8c467ffb10748d8a5a1ae579948f718a2a63" },
        { 8193, "bab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b" },
        { 16384, "f875d6646de28985646f34ee13be9a576fd515f76b5b0a26bb324735041ddde4" },
        { 31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47" },
        { 102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085" },
    };

    // Of the same bytes: the Remote Execution API's test vectors of SHA256TREE.
    public static TheoryData<int, string> Sha256Tree => new()
    {
        { 1025, "36c0998b21839ef74300b9de47d96d1f62323dc81f2b4231e98ce70cd6ffe750" },
        { 2048, "b584996386f01793751c5cf0c39561f51b7e9924b818943b3cb2f6928cea0fa9" },
        { 2049, "7318d2029b0392edf4cf109edb5a086b4bdadbb7950f710a1483eb881d9e5d44" },
        { 3072, "dfc61c0a041f79d55d53bfe31c6cda7df77fdc8e6fbac1143d70b7144fdf6937" },
        { 3073, "517d20c0e5835f060a1bd6388ed68574f63424bdac2a2c3a35a5c2ef859d8fe2" },
        { 4096, "2f72bb93880012168c027f6781527ff08177c7c8dccb443f4d2c6389c186633d" },
        { 4097, "c3ec942c1b8f4580320d3a06bcf4f8fe1f5db2be797ab67061ea4c2a95f208f2" },
        { 5120, "a76924f6535b4b473377c285ec27acc84cc58e95ab1e9e29b1bb6a4a3fb9d0b3" },
        { 5121, "98f987c3e9fc057a70873715b679b89a663d0df806859b6ce73f8379b06a10ff" },
        { 6144, "372f988af412041b680ab236feef45626380062beb7514bbf93607aedd28fc9a" },
        { 6145, "6dc4b78efd770453417b2ffdc74b27054793efe6122ecd7ee098670ed7c4651c" },
        { 7168, "43686312c0cabccf9d5ad509efa096e3d743c63c7a51f122473c57949e4dd9a0" },
        { 7169, "ad729297ab36cd099665b27c4247474a5518e4cd0be443f5f31d95edda08429b" },
        { 8192, "fcfdde6fe59178e17708c5ba647919c3b141a44c9d1970782e597e1465266932" },
        { 8193, "113c6e3a2452f388b6fad13dfab66ee0bff597a0a9a517ad8d0165f7190b603e" },
        { 16384, "a7a10149a8cb00be537000560edb83b196306b780b72fad8af218f369f75fc19" },
        { 31744, "2cdf7662636c173d4b236f6ea03bf84c65e7f6487b53b2a61c420e26cf8a98c7" },
        { 102400, "0668d69e5331840d2f1823d717b7b3f5d1fdc8a09504cddb692b87ff83d50e5f" },
    };

    public static TheoryData<string> Names => [.. DigestFunction.All.Select(static function => function.Name)];

    [Theory]
    [MemberData(nameof(Classic))]
    public void Hash_ClassicFunction_HasTheKnownAnswer(string name, string hash)
    {
        var digest = Digest.OfBytes("abc"u8, Named(name));

        Assert.Equal(hash, digest.HashHex);
        Assert.Equal($"{hash}/3", digest.ToString());
        Assert.Same(digest.Function, Digest.Parse(hash, 3).Function);
        Assert.False(digest.Function.IsNamed);
    }

    [Theory]
    [MemberData(nameof(Blake3))]
    public void Blake3_PublishedVector_HoweverItIsFed(int length, string hash) => CheckVector(DigestFunction.Blake3, length, hash);

    [Theory]
    [MemberData(nameof(Sha256Tree))]
    public void Sha256Tree_PublishedVector_HoweverItIsFed(int length, string hash) => CheckVector(DigestFunction.Sha256Tree, length, hash);

    [Fact]
    public void Sha256Tree_OneChunk_IsPlainSha256()
    {
        var content = Pattern(1024);

        Assert.Equal(Digest.OfBytes(content).HashHex, Digest.OfBytes(content, DigestFunction.Sha256Tree).HashHex);
        Assert.NotEqual(Digest.OfBytes(content), Digest.OfBytes(content, DigestFunction.Sha256Tree));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Append_AnyParts_GivesWhatTheWholeGives(string name)
    {
        var function = Named(name);
        var random = new Random(17);
        var content = new byte[300_000];
        random.NextBytes(content);
        using var builder = new DigestBuilder(function);
        for (var round = 0; round < 60; round++)
        {
            var whole = content.AsSpan(0, random.Next(content.Length));
            var rest = whole;
            while (!rest.IsEmpty)
            {
                var part = Math.Min(rest.Length, random.Next(3) == 0 ? 1024 * random.Next(40) : random.Next(5000));
                builder.Append(rest[..part]);
                rest = rest[part..];
            }

            Assert.Equal(Digest.OfBytes(whole, function), builder.Finish());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EmptyBlob_OfEveryFunction_IsKnownAsSuch(string name)
    {
        var function = Named(name);

        Assert.Equal(Digest.OfBytes([], function), function.EmptyBlob);
        Assert.True(function.EmptyBlob.IsEmptyBlob);
        Assert.False(new Digest(function, new byte[function.HashLength], 0).IsEmptyBlob);
        Assert.Equal(function.EmptyBlob == Digest.Empty, function == DigestFunction.Sha256);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_WhatToStringWrote_GivesTheSameDigest(string name)
    {
        var digest = Digest.OfBytes(Encoding.UTF8.GetBytes(name), Named(name));

        var parsed = Digest.Parse(digest.ToString());

        Assert.Equal(digest, parsed);
        Assert.Equal(digest.GetHashCode(), parsed.GetHashCode());
        Assert.Equal(0, digest.CompareTo(parsed));
        Assert.Equal(digest.Function.IsNamed, digest.ToString().StartsWith(name + "/", StringComparison.Ordinal));
        Span<byte> hash = new byte[digest.Function.HashLength];
        parsed.CopyHashTo(hash);
        Assert.Equal(digest.HashHex, Convert.ToHexStringLower(hash));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Equals_LastByteDiffers_IsAnotherBlob(string name)
    {
        var function = Named(name);
        var hash = new byte[function.HashLength];
        var first = new Digest(function, hash, 7);
        hash[^1] = 1;
        var second = new Digest(function, hash, 7);

        Assert.NotEqual(first, second);
        Assert.True(first < second);
        Assert.True(second > first);
        Assert.True(second < new Digest(function, hash, 8));
    }

    [Fact]
    public void Equals_SameBytesOfTwoFunctions_AreTwoBlobsInOneOrder()
    {
        var hash = new byte[32];
        Digest[] digests = [new(DigestFunction.Sha256Tree, hash, 5), new(DigestFunction.Blake3, hash, 5), new(DigestFunction.Sha256, hash, 5), default];

        Assert.Equal(digests.Length, digests.Distinct().Count());
        Assert.Equal(["none", "blake3", "sha256", "sha256tree"], digests.Order().Select(static digest => digest.IsDefault ? "none" : digest.Function.Name));
    }

    [Fact]
    public void Digest_OfAnyFunction_TakesNoMoreThanSixWords() => Assert.Equal(48, System.Runtime.CompilerServices.Unsafe.SizeOf<Digest>());

    [Fact]
    public void Find_UnknownOrUnnamed_IsNone()
    {
        Assert.Null(DigestFunction.Find("vso"));
        Assert.Null(DigestFunction.Find("SHA1"));
        Assert.False(Digest.TryParse($"sha1/{Digest.OfBytes([], DigestFunction.Sha1)}", out _));
    }

    private static DigestFunction Named(string name) => DigestFunction.Find(name)!;

    private static byte[] Pattern(int length)
    {
        var content = new byte[length];
        for (var i = 0; i < length; i++)
            content[i] = (byte)(i % 251);
        return content;
    }

    private static void CheckVector(DigestFunction function, int length, string hash)
    {
        var content = Pattern(length);
        Assert.Equal(hash, Digest.OfBytes(content, function).HashHex);
        foreach (var step in (int[])[1, 63, 1000, 1024, 8192, 9000, 65536])
        {
            using var builder = new DigestBuilder(function);
            for (var at = 0; at < length; at += step)
                builder.Append(content.AsSpan(at, Math.Min(step, length - at)));
            Assert.Equal(hash, builder.Finish().HashHex);
        }
    }
}
