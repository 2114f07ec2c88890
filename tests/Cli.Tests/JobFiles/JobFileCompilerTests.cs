using BuildFarm.Cli.JobFiles;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Cli.Tests.JobFiles;

public sealed class JobFileCompilerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public JobFileCompilerTests()
    {
        foreach (var (path, text) in new[] { ("src/a.c", "a"), ("src/b c.c", "b"), ("include/x.h", "x"), ("other.txt", "o"), (".gitignore", "gen\n"), ("gen/made.c", "g") })
        {
            var file = Path.Combine(_folder.Path, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Compile_ForEach_MakesATaskAFileAndNeedsAllOfThem()
    {
        var job = await CompileAsync("""
            tasks:
              cc:
                for-each: src/*.c
                run: cc {file} -o ${name}{stem}.o
                inputs: [include]
                outputs: ["{stem}.o"]
                env: { NAME: "{name}" }
              link:
                needs: [cc]
                run: [ld, "{file}"]
                inputs: []
            """);

        Assert.Equal(["cc:src/a.c", "cc:src/b c.c", "link"], job.Spec.Tasks.Select(task => task.Name));
        Assert.Equal(["/bin/sh", "-e", "-c", "cc 'src/b c.c' -o ${name}'b c'.o"], job.Spec.Tasks[1].Arguments);
        Assert.Equal(["b c.o"], job.Spec.Tasks[1].OutputPaths);
        Assert.Equal(["b c.o"], job.Spec.Tasks[1].RequiredOutputPaths);
        Assert.Equal("b c.c", job.Spec.Tasks[1].Environment["NAME"]);
        Assert.Equal(["cc:src/a.c", "cc:src/b c.c"], job.Spec.Tasks[2].Needs);
        Assert.Equal(["ld", "{file}"], job.Spec.Tasks[2].Arguments);
        Assert.NotEqual(job.Spec.Tasks[0].InputRootDigest, job.Spec.Tasks[1].InputRootDigest);
        Assert.Equal(2, job.Trees[0].Files.Count);
    }

    [Fact]
    public async Task Compile_NoInputsKey_SendsTheFolderWithoutWhatIsIgnored()
    {
        var job = await CompileAsync("tasks:\n  a:\n    run: x\n");

        Assert.Equal([".gitignore", "a.c", "b c.c", "job.yaml", "other.txt", "x.h"], job.Trees.Single().Files.Values.Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Compile_IgnoredPathNamedOutright_Travels()
    {
        var job = await CompileAsync("tasks:\n  a:\n    run: x\n    inputs: [gen/made.c]\n");

        Assert.Equal(["made.c"], job.Trees.Single().Files.Values.Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("tasks:\n  a:\n    run: x\n    inputs: [nope]\n", ":4:14: the input 'nope' names nothing below")]
    [InlineData("tasks:\n  a:\n    run: x\n    for-each: '*.zz'\n", ":4:15: the pattern '*.zz' names no file below")]
    public async Task Compile_PatternNamesNothing_IsOneLineWithItsPlace(string text, string expected)
    {
        var error = await Assert.ThrowsAsync<FarmException>(() => CompileAsync(text));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compile_NetworkAndImage_BecomePlatformProperties()
    {
        var job = await CompileAsync("tasks:\n  a:\n    run: x\n    inputs: []\n    network: true\n    image: debian:12\n");

        Assert.Equal("debian:12", job.Spec.Tasks[0].Platform["container-image"]);
        Assert.True(job.Spec.Tasks[0].Platform.ContainsKey("network"));
        Assert.True(job.Spec.Tasks[0].DoNotCache);
    }

    [Fact]
    public async Task Compile_SameFolderTwice_GivesTheSameDigests()
    {
        const string Text = "tasks:\n  a:\n    run: x\n";
        var (first, second) = (await CompileAsync(Text), await CompileAsync(Text));

        Assert.Equal(first.Spec.Tasks[0].InputRootDigest, second.Spec.Tasks[0].InputRootDigest);
    }

    private Task<CompiledJob> CompileAsync(string text)
    {
        var file = Path.Combine(_folder.Path, "job.yaml");
        File.WriteAllText(file, text);
        return JobFileCompiler.CompileAsync(JobFileReader.Read(file), TimeProvider.System, TestContext.Current.CancellationToken);
    }
}
