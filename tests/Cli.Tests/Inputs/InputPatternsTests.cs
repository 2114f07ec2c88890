using BuildFarm.Cli.Inputs;
using Xunit;

namespace BuildFarm.Cli.Tests.Inputs;

public sealed class InputPatternsTests
{
    private static readonly InputEntry[] Entries =
    [
        Entry("include", FileKind.Directory), Entry("include/a.h"), Entry("include/deep", FileKind.Directory), Entry("include/deep/b.h"),
        Entry("main.c"), Entry("src", FileKind.Directory), Entry("src/x.c"), Entry("src/y.cc"),
    ];

    [Theory]
    [InlineData("main.c", "main.c")]
    [InlineData("./main.c", "main.c")]
    [InlineData("src/*.c", "src/x.c")]
    [InlineData("**/*.h", "include/a.h include/deep/b.h")]
    [InlineData("include", "include include/a.h include/deep include/deep/b.h")]
    [InlineData("include/", "include include/a.h include/deep include/deep/b.h")]
    [InlineData("*.c", "main.c")]
    [InlineData("src/?.c*", "src/x.c src/y.cc")]
    [InlineData("nothing", "")]
    public void Select_Pattern_NamesTheseEntries(string pattern, string expected)
    {
        Assert.Equal(expected, string.Join(' ', InputPatterns.Select(Entries, pattern).Select(entry => entry.Path)));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../other")]
    [InlineData("a/../../b")]
    [InlineData("")]
    public void Objection_LeavesTheFolder_IsNamed(string pattern)
    {
        Assert.NotNull(InputPatterns.Objection(pattern));
    }

    private static InputEntry Entry(string path, FileKind kind = FileKind.File) => new(path, new FileFacts(kind, false, 1, 1, 1, 1), null);
}
