using System.Text;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Logs;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>What is left of a log when secrets are taken out of it.</summary>
public sealed class SecretMaskTests
{
    [Theory]
    [InlineData("hunter22", "a hunter22 b", "a *** b")]
    [InlineData("hunter22\n", "hunter22hunter22", "******")]
    [InlineData("aaab", "aaaaaab", "aaa***")]
    [InlineData("abcabd", "abcabcabd", "abc***")]
    [InlineData("hunter22", "hunter2", "hunter2")]
    [InlineData("abc", "abc", "abc")]
    [InlineData("first-line\nsecond-line\nx\n", "second-line first-line x", "*** *** x")]
    [InlineData("first-line\r\nsecond-line\r\n", "first-line\r\nsecond-line\r\n", "***\r\n")]
    public void Text_HoweverItIsCut_HasStarsForValues(string secret, string text, string masked)
    {
        for (var size = 1; size <= text.Length; size++)
            Assert.Equal(masked, Pass([secret], text, size));
    }

    [Fact]
    public void Values_ThatBeginAlike_AreMaskedAsTheLongest()
    {
        for (var size = 1; size <= 20; size++)
            Assert.Equal("*** *** ***!", Pass(["token", "token-and-more"], "token token-and-more token!", size));
    }

    [Fact]
    public void Bytes_AtRandom_AreAsReplacedInTheWhole()
    {
        var random = new Random(7);
        for (var round = 0; round < 2000; round++)
        {
            var secret = Text(random, random.Next(4, 8));
            var text = Text(random, random.Next(0, 60));
            Assert.Equal(text.Replace(secret, "***", StringComparison.Ordinal), Pass([secret], text, random.Next(1, 9)));
        }
    }

    private static string Text(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => (char)('a' + random.Next(2))));

    private static string Pass(string[] secrets, string text, int size)
    {
        var mask = SecretMask.Of([.. secrets.Select(static secret => new TaskSecret("s", Encoding.UTF8.GetBytes(secret)))]);
        if (mask is null)
            return text;
        var passed = new StringBuilder();
        foreach (var piece in Encoding.UTF8.GetBytes(text).Chunk(size))
            passed.Append(Encoding.UTF8.GetString(mask.Pass(piece).Span));
        return passed.Append(Encoding.UTF8.GetString(mask.End().Span)).ToString();
    }
}
