using System.Diagnostics;
using System.Text.Json;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.EndToEnd.Tests.Takeover;

/// <summary>
/// Two coordinators over one PostgreSQL: whatever happens to the leader in the middle of a build, the other goes on with it,
/// and nothing is lost or done twice.
/// </summary>
public sealed class TakeoverTests : IAsyncLifetime
{
    // Long enough that a leader on a machine that stands still for a moment keeps it.
    private static readonly string[] ShortLease = ["--Lease:Duration", "00:00:10", "--Lease:RenewEvery", "00:00:01"];
    private static readonly string[] LongLease = ["--Lease:Duration", "00:05:00", "--Lease:RenewEvery", "00:00:01"];

    private readonly Held _held = new();
    private PostgresServer _server = null!;

    private string TwoSteps => $"echo started; {_held.Command}; echo finished";

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Leader_KilledInABuild_TheStandbyGoesOn() => await KillAsync(static farm => $"{farm.First},{farm.Second}", ShortLease);

    [Fact]
    [Trait("Tier", "Full")]
    public async Task Leader_KilledUnderTheDefaultLease_TheStandbyLeadsWithinTenSeconds()
    {
        const int Tries = 3;
        var most = TimeSpan.FromSeconds(10);
        var took = TimeSpan.MaxValue;
        // A machine that stands still for seconds takes them from these, or the lease before the kill.
        for (var tries = 0; tries < Tries && took > most; tries++)
        {
            took = await KillAsync(static farm => $"{farm.Second},{farm.First}");
        }

        Assert.InRange(took, TimeSpan.Zero, most);
    }

    [Fact]
    public async Task Leader_Terminated_HandsOverWithoutWaitingForItsLease()
    {
        await using var farm = await TwoCoordinators.StartAsync(_server, static farm => $"{farm.Second},{farm.First}", LongLease);
        await using var running = farm.Submit("--no-cache", "--", "sh", "-c", TwoSteps);
        await running.OutLineAsync("started");

        await farm.Leader.SignalAsync("TERM");
        await TwoCoordinators.LeadsAsync(farm.Standby, epoch: 2, "SIGTERM");
        var left = await farm.Leader.EndAsync();

        Assert.True(left.ExitCode == 0, left.ToString());
        await WentOnAsync(farm, running, farm.Second);
    }

    [Fact]
    public async Task Leader_StoppedAndContinued_StandsBy() => await StopAsync();

    [Fact]
    [Trait("Tier", "Full")]
    public async Task Leader_StoppedUntilTheTaskHasEnded_StandsBy() => await StopAsync(untilTheTaskHasEnded: true);

    [Fact]
    public async Task Database_Restarted_OneLeadsAgainAndTheRunGoesOn()
    {
        await using var farm = await TwoCoordinators.StartAsync(_server, static farm => $"{farm.First},{farm.Second}", ShortLease);
        await using var running = farm.Submit("--no-cache", "--", "sh", "-c", TwoSteps);
        await running.OutLineAsync("started");

        await _server.CrashAsync();
        // Without a database nobody may lead.
        await farm.Leader.ErrorLineAsync("nobody can lead");
        await farm.Standby.ErrorLineAsync("nobody can lead");
        await _server.StartServerAsync();
        await Task.WhenAny(TwoCoordinators.LeadsAsync(farm.Leader, epoch: 2, "the database"), TwoCoordinators.LeadsAsync(farm.Standby, epoch: 2, "the database"));
        var result = await _held.LetGoUntilEndAsync(running);

        farm.AssertRanOnce(result);
    }

    [Fact]
    [Trait("Tier", "Full")]
    public async Task Leaders_KilledInTurnInABuild_EachTaskEndsOnceAndIsToldOfOnce()
    {
        const int Tasks = 9;
        await using var farm = await TwoCoordinators.StartAsync(_server, static farm => $"{farm.First},{farm.Second}", ShortLease);
        farm.Bench.Write("job.yaml", "name: chain\ntasks:\n" + string.Concat(Enumerable.Range(1, Tasks).Select(static number =>
            $"  t{number}:\n    run: sleep 0.5\n{(number == 1 ? "" : $"    needs: [t{number - 1}]\n")}")));
        await using var running = farm.Bench.Start("submit", "--farm", $"{farm.Second},{farm.First}", "--json", "--no-cache", "job.yaml");
        for (var round = 0; round < 3; round++)
        {
            await running.OutLineAsync($"\"name\":\"t{2 + (2 * round)}\",\"kind\":\"build\",\"state\":\"running\"");
            await farm.KillLeaderAsync(nextEpoch: 2 + round);
        }

        var result = await running.EndAsync();

        Assert.True(result.ExitCode == 0, result.ToString());
        var events = result.Out.TrimEnd('\n').Split('\n').Select(static line => JsonDocument.Parse(line).RootElement).ToList();
        var numbers = events.ConvertAll(static one => one.GetProperty("seq").GetInt64());
        Assert.Equal(numbers.Order(), numbers);
        Assert.Equal(numbers.Count, numbers.Distinct().Count());
        var ended = events.Where(static one => one.GetProperty("event").GetString() == "task" && one.GetProperty("task").GetProperty("state").GetString() == "finished")
            .Select(static one => one.GetProperty("task").GetProperty("name").GetString()).ToList();
        Assert.Equal(Enumerable.Range(1, Tasks).Select(static number => $"t{number}"), ended);
        Assert.Single(events, static one => one.GetProperty("event").GetString() == "accepted");
        var summary = Assert.Single(events, static one => one.GetProperty("event").GetString() == "finished").GetProperty("job").GetProperty("summary");
        Assert.Equal((Tasks, Tasks), (summary.GetProperty("succeeded").GetInt32(), summary.GetProperty("attempts").GetInt32()));
        Assert.True(events.ConvertAll(static one => one.GetRawText()).Where(static text => text.Contains("\"task\"", StringComparison.Ordinal))
            .GroupBy(static text => text[text.IndexOf("\"task\"", StringComparison.Ordinal)..], StringComparer.Ordinal).All(static group => group.Count() == 1), result.Out);
    }

    /// <returns>How long nobody led; more than any time when the standby led before the kill.</returns>
    private async Task<TimeSpan> KillAsync(Func<TwoCoordinators, string> workerKnows, params string[] lease)
    {
        await using var farm = await TwoCoordinators.StartAsync(_server, workerKnows, lease);
        if (TwoCoordinators.HasLed(farm.Standby))
        {
            return TimeSpan.MaxValue;
        }

        await TwoCoordinators.StandsByAsync(farm.Second, farm.First);
        var before = await farm.Submit("--", "echo", "before").EndAsync();
        Assert.Equal("before\n", before.Out);
        await using var running = farm.Submit("--no-cache", "--", "sh", "-c", TwoSteps);
        await running.OutLineAsync("started");

        if (TwoCoordinators.HasLed(farm.Standby))
        {
            return TimeSpan.MaxValue;
        }

        farm.Leader.Kill();
        var killed = Stopwatch.StartNew();
        var during = farm.Submit("--", "echo", "during");
        var took = await TwoCoordinators.LeadsAsync(farm.Standby, epoch: 2, "SIGKILL");

        var answered = await during.EndAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"a job that was submitted after the kill had run after {killed.Elapsed.TotalSeconds:0.00} s");
        Assert.Equal("during\n", answered.Out);
        await WentOnAsync(farm, running, farm.Second);

        // What the killed one had executed is in the cache, under the key file that both have; what had ended is in the history.
        var again = await farm.Submit("--", "echo", "before").EndAsync();
        Assert.Contains("served from the action cache", again.Error, StringComparison.Ordinal);
        Assert.Equal(4, (await TwoCoordinators.JobsAtAsync(farm.Second)).Count);
        var listed = await farm.RunAsync("jobs");
        Assert.True(listed.ExitCode == 0, listed.ToString());
        return took;
    }

    private async Task StopAsync(bool untilTheTaskHasEnded = false)
    {
        await using var farm = await TwoCoordinators.StartAsync(_server, static farm => $"{farm.First},{farm.Second}", ShortLease);
        await using var running = farm.Submit("--no-cache", "--", "sh", "-c", TwoSteps);
        await running.OutLineAsync("started");

        await farm.Leader.SignalAsync("STOP");
        await TwoCoordinators.LeadsAsync(farm.Standby, epoch: 2, "SIGSTOP");
        await running.ErrorLineAsync("Connected to the farm again");
        if (untilTheTaskHasEnded)
        {
            await _held.LetGoUntilAsync(running.OutLineAsync("finished"));
        }

        await farm.Leader.SignalAsync("CONT");
        await farm.Leader.ErrorLineAsync("this coordinator no longer leads");
        await farm.Leader.ErrorLineAsync($"standing by: {farm.Second} leads");

        await TwoCoordinators.StandsByAsync(farm.First, farm.Second);
        await WentOnAsync(farm, running, farm.Second);
        Assert.DoesNotContain("no longer leads", farm.Standby.Error, StringComparison.Ordinal);
        await farm.Leader.SignalAsync("TERM");
        var standby = await farm.Leader.EndAsync();
        Assert.True(standby.ExitCode == 0, standby.ToString());
    }

    private async Task WentOnAsync(TwoCoordinators farm, FarmProcess running, string leader)
    {
        var result = await _held.LetGoUntilEndAsync(running);
        farm.AssertRanOnce(result);
        var jobs = await TwoCoordinators.JobsAtAsync(leader);
        var job = jobs.Single(job => job.Name.StartsWith("sh", StringComparison.Ordinal));
        Assert.Equal((JobState.Finished, 1, 1), (job.State, job.Summary.Succeeded, job.Summary.Attempts));
    }
}
