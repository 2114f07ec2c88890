using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.EndToEnd.Tests;

/// <summary>A secret from the operator's folder to the task, and nowhere else.</summary>
public sealed class SecretTests
{
    private const string Value = "tok-Zq8vKw2Lr9-end-to-end";

    [Fact]
    public async Task Secret_OfATask_IsInNothingThatTheFarmKeepsSaysOrRuns()
    {
        await using var bench = new FarmBench();
        var folder = MakeSecrets(bench);
        await bench.UpAsync("--workers", "2", "--secrets", folder);
        var worker = bench.StartWorker("w1");
        await worker.ErrorLineAsync("linked to the coordinator");

        bench.Write("job.yaml", $"""
            tasks:
              use:
                run: |
                  test "$(cat $FARM_SECRETS/token)" = {Value[..14]}"-end-to-end"; echo before; cat $FARM_SECRETS/token; echo started
                  while test ! -e /farm/work/never; do sleep 0.1; done
                inputs: []
                secrets: [token]
                cpu: 2
            """);
        var submitted = await bench.RunAsync("submit", "--detach", "job.yaml");
        Assert.True(submitted.ExitCode == 0, submitted.ToString());
        var run = submitted.Out.Trim();
        await bench.Farm!.ErrorLineAsync("secrets token given to");
        var follow = bench.Start("logs", run, "use", "--follow");
        await follow.OutLineAsync("started");

        Assert.Empty(SecretSearch.InProcesses(Value));
        Assert.Equal([Path.Combine(folder, "token")], SecretSearch.InFiles(bench.PathOf(""), Value));
        var cancelled = await bench.RunAsync("cancel", run);
        Assert.True(cancelled.ExitCode == 0, cancelled.ToString());
        var ended = await bench.RunAsync("watch", run);

        Assert.Contains("***", follow.Out, StringComparison.Ordinal);
        var status = await bench.RunAsync("status", run, "use");
        Assert.Contains("token", status.Out, StringComparison.Ordinal);
        foreach (var said in new[] { ended.ToString(), follow.Out, follow.Error, status.ToString(), bench.Farm!.Out, bench.Farm.Error, worker.Out, worker.Error, (await bench.RunAsync("jobs", "--json")).Out })
        {
            Assert.DoesNotContain(Value, said, StringComparison.Ordinal);
        }

        Assert.Equal([Path.Combine(folder, "token")], SecretSearch.InFiles(bench.PathOf(""), Value));
    }

    [Fact]
    public async Task Submit_WithSecrets_RunsOrSaysWhatIsWrong()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "1", "--secrets", MakeSecrets(bench));
        var used = await bench.RunAsync("submit", "--no-input", "--secret", "token", "--", "sh", "-c", "wc -c < $FARM_SECRETS/token; ls /run/secrets");
        Assert.True(used.ExitCode == 0, used.ToString());
        Assert.Equal($"{Value.Length}\ntoken\n", used.Out);

        var unknown = await bench.RunAsync("submit", "--no-input", "--secret", "tokn", "--", "true");
        Assert.NotEqual(0, unknown.ExitCode);
        Assert.Contains("the farm holds no secret 'tokn'", unknown.Error, StringComparison.Ordinal);
        Assert.Single(unknown.Error.TrimEnd().Split('\n'));

        var value = await bench.RunAsync("submit", "--no-input", "--secret", "token=x", "--", "true");
        Assert.Equal(2, value.ExitCode);
        Assert.Contains("never its value", value.Error, StringComparison.Ordinal);

        bench.Write("job.yaml", "tasks:\n  t:\n    run: 'true'\n    inputs: []\n    secrets: [a/b]\n");
        var place = await bench.RunAsync("submit", "job.yaml");
        Assert.Equal(2, place.ExitCode);
        Assert.Contains("job.yaml:5:", place.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Test_WithASecret_HasItInEveryFile()
    {
        await using var bench = new FarmBench();
        await bench.UpAsync("--workers", "1", "--secrets", MakeSecrets(bench));
        bench.Write("a.py", $"\"\"\"\n>>> import os\n>>> len(open(os.environ['FARM_SECRETS'] + '/token').read())\n{Value.Length}\n\"\"\"\n");
        var used = await bench.RunAsync("test", "--secret", "token");
        Assert.True(used.ExitCode == 0, used.ToString());
        var without = await bench.RunAsync("test");
        Assert.True(without.ExitCode == 1, without.ToString());
        var value = await bench.RunAsync("test", "--secret", "token=x");
        Assert.True(value.ExitCode == 2 && value.Error.Contains("never its value", StringComparison.Ordinal), value.ToString());
    }

    [Fact]
    public async Task Up_WithSecretsThatCannotBe_SaysSo()
    {
        await using var bench = new FarmBench();
        var absent = await bench.RunAsync("up", "--data", bench.Data, "--secrets", bench.PathOf("absent"));
        var open = await bench.RunAsync("up", "--data", bench.Data, "--secrets", MakeSecrets(bench), "--isolation", "none");
        Assert.Equal((2, 2), (absent.ExitCode, open.ExitCode));
        Assert.Contains("no folder", absent.Error, StringComparison.Ordinal);
        Assert.Contains("--isolation none", open.Error, StringComparison.Ordinal);
    }

    private static string MakeSecrets(FarmBench bench)
    {
        var folder = Directory.CreateDirectory(bench.PathOf("secrets"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        File.WriteAllText(Path.Combine(folder, "token"), Value);
        File.SetUnixFileMode(Path.Combine(folder, "token"), UnixFileMode.UserRead);
        return folder;
    }
}
