using BuildFarm.Cli.JobFiles;
using Xunit;

namespace BuildFarm.Cli.Tests.JobFiles;

public sealed class JobFileReaderTests
{
    [Fact]
    public void Parse_EveryKey_IsUnderstood()
    {
        var job = JobFileReader.Parse("dir/job.yaml", """
            name: all keys
            tasks:
              compile:
                run: cc -c {file} -o {stem}.o
                for-each: src/*.c
                inputs: [include, "{stem}.h"]
                outputs: ["./{stem}.o"]
                cpu: 0.5
                memory: 512M
                timeout: 1h30m
                env: { CFLAGS: -O2, EMPTY: }
                image: debian:12
                network: true
                cache: false
                exclusive: ["home:sage", licence]
              link:
                run: [cc, -o, app]
                needs: compile
                kind: test
            """);

        Assert.Equal("all keys", job.Name);
        Assert.Equal(["compile", "link"], job.Tasks.Select(task => task.Name.Text));
        var compile = job.Tasks[0];
        Assert.True(compile.Run.IsShell);
        Assert.Equal("src/*.c", compile.ForEach!.Text);
        Assert.Equal(["include", "{stem}.h"], compile.Inputs!.Select(input => input.Text));
        Assert.Equal(["{stem}.o"], compile.Outputs.Select(output => output.Text));
        Assert.Equal((500, 512L << 20, TimeSpan.FromMinutes(90)), (compile.CpuMillis, compile.MemoryBytes, compile.Timeout));
        Assert.Equal(("-O2", ""), (compile.Environment["CFLAGS"], compile.Environment["EMPTY"]));
        Assert.Equal(("debian:12", true, false, false), (compile.Image, compile.Network, compile.Cache, compile.IsTest));
        Assert.Equal(["home:sage", "licence"], compile.Exclusive);
        Assert.Equal((false, true, "compile"), (job.Tasks[1].Run.IsShell, job.Tasks[1].IsTest, job.Tasks[1].Needs.Single().Text));
    }

    [Fact]
    public void Parse_KeysOfPolicy_AreUnderstood()
    {
        var job = JobFileReader.Parse("job.yaml", """
            priority: 7
            deadline: 2h
            supersede: develop
            tasks:
              train:
                run: x
                resources: { gpu: 2, licence: 1 }
                retries: 3
                priority: -4
                deadline: 30m
            """);

        Assert.Equal((7, TimeSpan.FromHours(2), "develop"), (job.Priority, job.Deadline, job.Supersede));
        var task = Assert.Single(job.Tasks);
        Assert.Equal((3, -4, TimeSpan.FromMinutes(30)), (task.Retries, task.Priority, task.Deadline));
        Assert.Equal(["gpu=2", "licence=1"], task.Resources.Select(r => $"{r.Key}={r.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("tasks:\n  a:\n    run: x\n    retries: 99\n", "job.yaml:4:14: 'retries' must be a whole number from 0 to 10, found '99'.")]
    [InlineData("tasks:\n  a:\n    run: x\n    resources: { gpu: none }\n", "job.yaml:4:23: the amount of gpu must be a whole number above 0, found 'none'.")]
    [InlineData("priority: high\ntasks:\n  a:\n    run: x\n", "job.yaml:1:11: 'priority' must be a whole number from -1000 to 1000, found 'high'.")]
    [InlineData("tasks:\n  a:\n    rnu: x\n", "job.yaml:3:5: 'rnu' is not a key of a task; did you mean 'run'?")]
    [InlineData("tasks:\n  a:\n    run: x\n    memory: lots\n", "job.yaml:4:13: 'memory' must be an amount such as 512M or 2G, found 'lots'.")]
    [InlineData("tasks:\n  a:\n    run: x\n    cpu: [1]\n", "job.yaml:4:10: 'cpu' must be a number of CPUs such as 2 or 0.5, found a list.")]
    [InlineData("tasks:\n  a:\n    run: x\n    timeout: soon\n", "job.yaml:4:14: 'timeout' must be a time such as 90s, 10m or 1h30m, found 'soon'.")]
    [InlineData("tasks:\n  a:\n    run: x\n    cache: maybe\n", "job.yaml:4:12: 'cache' must be true or false, found 'maybe'.")]
    [InlineData("tasks:\n  build:\n    run: x\n  b:\n    run: y\n    needs: [biuld]\n", "job.yaml:6:13: task 'b' needs 'biuld', which is no task of this file; did you mean 'build'?")]
    [InlineData("tasks:\n  a:\n    run: x\n    needs: [b]\n  b:\n    run: y\n    needs: [a]\n", "job.yaml:7:13: the tasks need each other in a circle: a → b → a; remove one of these needs.")]
    [InlineData("tasks:\n  a:\n    run: x\n    needs: [a]\n", "job.yaml:4:13: the tasks need each other in a circle: a → a; remove one of these needs.")]
    [InlineData("tasks:\n  a:\n    run: x\n  a:\n    run: y\n", "job.yaml:4:3: 'a' is given twice; remove one.")]
    [InlineData("tasks:\n  a:\n    needs: []\n", "job.yaml:2:3: task 'a' has no 'run'; add the command to run.")]
    [InlineData("tasks:\n  a: echo\n", "job.yaml:2:6: task 'a' must be a map with 'run:', found 'echo'.")]
    [InlineData("tasks:\n  a:\n    run: []\n", "job.yaml:3:10: 'run' must be a shell line or a list of arguments, found an empty list.")]
    [InlineData("tasks:\n  a:\n    run: x\n    outputs: [../x]\n", "job.yaml:4:15: the output '../x' leaves the working directory; outputs are below it.")]
    [InlineData("tasks:\n  a:\n    run: x\n    inputs: /etc\n", "job.yaml:4:13: the pattern '/etc' of 'inputs' is absolute; write it relative to the folder of the job file.")]
    [InlineData("tasks:\n  a:\n    run: x\n    outputs: ['*.o']\n", "job.yaml:4:15: the output '*.o' is a pattern; name the file, or the folder that holds the files.")]
    [InlineData("tasks:\n  a:\n    run: x\n    env: [A]\n", "job.yaml:4:10: 'env' must be a map of names to texts, found a list.")]
    [InlineData("tasks:\n  a:\n    run: x\n    needs: [b]\n", "job.yaml:4:13: task 'a' needs 'b', which is no task of this file")]
    [InlineData("tasks:\n  a:\n    run: x\n    exclusive: [Home]\n", "job.yaml:4:17: 'Home' cannot be exclusive: the name of an exclusive thing has 1 to 64 lower-case letters, digits, '-', '_', '.', '/' or ':'.")]
    [InlineData("tasks:\n  a:\n    run: x\n    exclusive: [a, a]\n", "job.yaml:4:20: 'exclusive' has 'a' twice or more than 16 names; leave it out.")]
    [InlineData("tasks: {}\n", "job.yaml:1:1: the job has no tasks; add 'tasks:' with at least one.")]
    [InlineData("name: x\n", "job.yaml:1:1: the job has no tasks; add 'tasks:' with at least one.")]
    [InlineData("- a\n", "job.yaml:1:1: a job file is a map with 'tasks:'; see 'farm submit --help'.")]
    [InlineData("", "job.yaml:1:1: a job file is a map with 'tasks:'; see 'farm submit --help'.")]
    [InlineData("taks:\n  a: 1\n", "job.yaml:1:1: 'taks' is not a key of a job; did you mean 'tasks'?")]
    [InlineData("tasks:\n  a: &x\n    run: x\n", "job.yaml:2:6: anchors and aliases are not part of job files; write the value out.")]
    public void Parse_Mistake_IsOneLineWithItsPlace(string text, string expected)
    {
        var error = Assert.Throws<FarmException>(() => JobFileReader.Parse("job.yaml", text));

        Assert.Equal(expected, error.Message);
        Assert.Equal(Hosting.ExitCode.Usage, error.ExitCode);
    }

    [Theory]
    [InlineData("tasks:\n  a:\n    run: \"x\n")]
    [InlineData("tasks:\n\ta:\n")]
    [InlineData("tasks: [\n")]
    [InlineData("a: b: c\n")]
    [InlineData("tasks:\n  a:\n    run: x\n---\ntasks: {}\n")]
    public void Parse_NotYaml_IsOneLineWithItsPlace(string text)
    {
        var error = Assert.Throws<FarmException>(() => JobFileReader.Parse("job.yaml", text));

        Assert.Matches(@"^job\.yaml:\d+:\d+: [^\n]+$", error.Message);
    }

    [Fact]
    public void Read_MissingFile_SaysSo()
    {
        var error = Assert.Throws<FarmException>(() => JobFileReader.Read("/nonexistent/job.yaml"));

        Assert.StartsWith("The job file /nonexistent/job.yaml does not exist", error.Message, StringComparison.Ordinal);
    }
}
