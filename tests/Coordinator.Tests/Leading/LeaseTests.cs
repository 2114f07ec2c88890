using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Leading;
using BuildFarm.Coordinator.Tests.Journal;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Hosting.Health;
using BuildFarm.TestKit;
using BuildFarm.TestKit.Logging;
using Microsoft.Extensions.Logging;
using Npgsql;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Leading;

/// <summary>The lease in a real PostgreSQL: who leads, how it changes hands, and that a former leader cannot write.</summary>
public sealed class LeaseTests : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    /// <summary>Of a leader whose lease is to run out. One that is to keep it has the other, however long the machine stands still.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly TestLogs _logs;
    private readonly ILoggerFactory _loggers;
    private readonly List<PostgresLeadership> _all = [];
    private readonly PostgresFixture _fixture;
    private string _database = "";

    public LeaseTests(PostgresFixture fixture)
    {
        _fixture = fixture;
        _logs = new TestLogs();
        _loggers = LoggerFactory.Create(builder => builder.AddProvider(_logs));
    }

    public async ValueTask InitializeAsync() => _database = await _fixture.Server.SchemaAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _all)
        {
            await one.DisposeAsync();
        }

        _loggers.Dispose();
    }

    [Fact]
    public async Task Leader_Alone_LeadsAtOnceAndRenewsItsLease()
    {
        var leader = Make("a", Long, renewEvery: TimeSpan.FromMilliseconds(20));
        var lost = await leader.AcquireAsync(Guard());
        var first = await EndOfLeaseAsync();

        await Eventually.IsTrueAsync(async _ => await EndOfLeaseAsync() > first, Guard());
        var second = await EndOfLeaseAsync();
        await Eventually.IsTrueAsync(async _ => await EndOfLeaseAsync() > second, Guard());

        Assert.True(leader.Leads);
        Assert.False(lost.IsCancellationRequested);
        Assert.Equal(1, leader.Epoch);
    }

    [Fact]
    public async Task Leader_ThatRenews_LeadsLongerThanItsFirstLease()
    {
        var time = new ShiftedTime();
        var leader = Make("a", Long, time, renewEvery: TimeSpan.FromMilliseconds(20));
        var lost = await leader.AcquireAsync(Guard());

        // By its own clock it has had the lease for five times as long in the end, and was asked for it again after each step.
        for (var step = 1; step <= 10; step++)
        {
            var renewed = await EndOfLeaseAsync();
            time.Shift = step * Long / 2;
            await Eventually.IsTrueAsync(async _ => await EndOfLeaseAsync() > renewed, Guard());
            await Eventually.IsTrueAsync(() => leader.Leads, Guard());
        }

        Assert.False(lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Leaders_StartedAtOnce_AreOne()
    {
        var all = Enumerable.Range(0, 8).Select(number => Make($"c{number}", Long)).ToList();
        using var stop = new CancellationTokenSource();
        var waiting = all.ConvertAll(one => one.AcquireAsync(stop.Token));

        await (await Task.WhenAny(waiting)).WaitAsync(TestFarm.Patience);
        var leader = all.Single(static one => one.Leads);
        foreach (var other in all.Where(one => one != leader))
        {
            await StandsByAsync(other, AddressOf(leader, all));
        }

        Assert.Equal(1, waiting.Count(static one => one.IsCompleted));
        await stop.CancelAsync();
        foreach (var other in waiting.Where(static one => !one.IsCompletedSuccessfully))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        }
    }

    [Fact]
    public async Task Lease_GivenBack_IsTakenAtOnce()
    {
        var first = Make("a", Long);
        await first.AcquireAsync(Guard());
        var second = Make("b", Long);
        var waiting = second.AcquireAsync(Guard());
        await StandsByAsync(second, "http://a");

        await first.ReleaseAsync();
        await waiting;

        Assert.Equal((false, true, 2L), (first.Leads, second.Leads, second.Epoch));
        Assert.Null(second.LeaderAddress);
    }

    [Fact]
    public async Task Leader_ThatDoesNotRenew_IsFollowedAndCannotWrite()
    {
        // Its timers do not fire, as in a process that is stopped; its clock goes on, as a process's does.
        var paused = Make("a", Short, new TimersThatNeverFire());
        await paused.AcquireAsync(Guard());
        await using var stale = new PostgresJournal(_database, () => paused.Epoch);
        await stale.OpenAsync(Guard());
        await AppendAsync(stale, "before");
        var next = Make("b", Long);

        await next.AcquireAsync(Guard());

        // From here on, before the next has opened the journal.
        var refused = await Assert.ThrowsAsync<JournalException>(() => AppendAsync(stale, "after"));
        Assert.True(refused.IsJournalWell);
        Assert.False(paused.Leads);
        await using var journal = new PostgresJournal(_database, () => next.Epoch);
        await journal.OpenAsync(Guard());
        Assert.Equal(["before"], await ReadAsync(journal));
        await AppendAsync(journal, "taken over");
    }

    [Fact]
    public async Task Journal_OpenedAfterTheLeaseIsAnothers_IsRefused()
    {
        var late = Make("a", Short, new TimersThatNeverFire());
        await late.AcquireAsync(Guard());
        var next = Make("b", Long);
        await next.AcquireAsync(Guard());

        await using var journal = new PostgresJournal(_database, () => late.Epoch);
        var refused = await Assert.ThrowsAsync<JournalException>(async () => await journal.OpenAsync(Guard()));

        Assert.True(refused.IsJournalWell);
        Assert.True(next.Leads);
    }

    [Fact]
    public async Task Database_Away_TheLeaderStopsBeforeItsLeaseEnds()
    {
        var duration = TimeSpan.FromSeconds(12);
        var time = new ShiftedTime();
        var leader = Make("a", duration, time);
        var lost = await leader.AcquireAsync(Guard());
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lost.Register(gone.SetResult);

        await _fixture.Server.CrashAsync();
        // Whenever it was renewed for the last time, that was before; a lease ends its duration after that at the earliest.
        time.Shift = duration - TimeSpan.FromMilliseconds(1);
        Assert.False(leader.Leads);
        await gone.Task.WaitAsync(TestFarm.Patience);
        await _fixture.Server.StartServerAsync();

        Assert.Contains("could not be renewed", leader.LostBecause, StringComparison.Ordinal);
        var next = Make("b", duration);
        await next.AcquireAsync(Guard());
        Assert.Equal(2, next.Epoch);
    }

    [Fact]
    public async Task Database_AwayAtTheStart_IsWaitedFor()
    {
        await _fixture.Server.CrashAsync();
        var leader = Make("a", Long);
        var waiting = leader.AcquireAsync(Guard());
        await _logs.FirstAsync(static entry => entry.Message.Contains("nobody can lead, trying again", StringComparison.Ordinal), Guard());
        await _fixture.Server.StartServerAsync();

        await waiting;

        Assert.True(leader.Leads);
    }

    [Fact]
    public async Task Database_ThatRefuses_IsNotWaitedFor()
    {
        var leader = Make("a", Short, database: _database.Replace("Username=postgres", "Username=nobody", StringComparison.Ordinal));

        var refused = await Assert.ThrowsAsync<JournalException>(() => leader.AcquireAsync(Guard()));

        Assert.False(refused.IsJournalWell);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public async Task Process_WhoseHostBeganAnew_NeedNotWaitForItsOwnLease()
    {
        var process = new LeaseHolder();
        var first = Make("a", Long, new TimersThatNeverFire(), holder: process);
        await first.AcquireAsync(Guard());
        var second = Make("a", Long, holder: process);

        await second.AcquireAsync(Guard());

        Assert.Equal(2, second.Epoch);
    }

    private PostgresLeadership Make(
        string name, TimeSpan duration, TimeProvider? time = null, LeaseHolder? holder = null, string? database = null, TimeSpan? renewEvery = null)
    {
        var options = new LeaseOptions { Duration = duration, RenewEvery = renewEvery ?? (duration < Long ? duration / 4 : TimeSpan.FromSeconds(1)) };
        Assert.Empty(options.FindProblems());
        var terms = new LeaseTerms(options, holder ?? new LeaseHolder(), new Uri($"http://{name}"));
        var made = new PostgresLeadership(database ?? _database, terms, new Readiness(), time ?? TimeProvider.System, _loggers.CreateLogger<PostgresLeadership>());
        _all.Add(made);
        return made;
    }

    /// <summary>When the lease ends by the database's clock, in seconds.</summary>
    private async Task<double> EndOfLeaseAsync()
    {
        await using var source = NpgsqlDataSource.Create(_database);
        await using var ask = source.CreateCommand("SELECT extract(epoch FROM expires)::float8 FROM buildfarm_leader");
        return (double)(await ask.ExecuteScalarAsync(Guard()))!;
    }

    private static string AddressOf(PostgresLeadership leader, List<PostgresLeadership> all) => $"http://c{all.IndexOf(leader)}";

    private async Task StandsByAsync(PostgresLeadership standby, string leader)
    {
        await _logs.FirstAsync(_ => standby.LeaderAddress is not null, Guard());
        Assert.Equal((false, leader), (standby.Leads, standby.LeaderAddress));
    }

    private static CancellationToken Guard() => new CancellationTokenSource(TestFarm.Patience).Token;

    private static async Task AppendAsync(PostgresJournal journal, string text)
    {
        await journal.AppendAsync([System.Text.Encoding.UTF8.GetBytes(text)], CancellationToken.None);
        await journal.FlushAsync(CancellationToken.None);
    }

    private static async Task<List<string>> ReadAsync(PostgresJournal journal)
    {
        var all = new List<string>();
        await foreach (var one in journal.ReadAsync(CancellationToken.None))
        {
            all.Add(System.Text.Encoding.UTF8.GetString(one.Span));
        }

        return all;
    }

    /// <summary>The machine's clock, some time later.</summary>
    private sealed class ShiftedTime : TimeProvider
    {
        private long _shift;

        public TimeSpan Shift
        {
            set => Volatile.Write(ref _shift, (long)(value.TotalSeconds * TimestampFrequency));
        }

        public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _shift);
    }

    /// <summary>A process that is stopped: time goes on without it.</summary>
    private sealed class TimersThatNeverFire : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Dead(base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));

        private sealed class Dead(ITimer timer) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
