using BuildFarm.Coordinator.Journal;
using BuildFarm.Hosting.Health;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BuildFarm.Coordinator.Leading;

/// <summary>
/// Leads while it holds the lease in PostgreSQL. It counts the lease from when it asked, by its monotonic clock, and stops a
/// margin before the end: so it has stopped before the database lets another one have it, whatever the two clocks say. A
/// process that was paused finds its time over when it goes on.
/// </summary>
public sealed partial class PostgresLeadership : ILeadership
{
    private const string Gate = "the lease that another coordinator holds, or the database";

    /// <summary>The longest a standby waits before it looks again; a lease that is given back is notified.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    private readonly LeaseOptions _options;
    private readonly NpgsqlDataSource _source;
    private readonly PostgresLease _lease;
    private readonly string _name;
    private readonly bool _comesBack;
    private readonly Readiness _readiness;
    private readonly TimeProvider _time;
    private readonly ILogger<PostgresLeadership> _logger;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly LeaseClock _clock;
    private readonly Lock _gate = new();
    private string? _leaderAddress;
    private string? _lostBecause;
    private Task _renewing = Task.CompletedTask;
    private bool _released;

    /// <param name="connectionString">Of the journal's database.</param>
    /// <param name="terms">What this coordinator asks with.</param>
    /// <param name="readiness">Not ready while another leads.</param>
    /// <param name="time">For the lease as this coordinator counts it.</param>
    /// <param name="logger">Says who leads.</param>
    public PostgresLeadership(
        string connectionString, LeaseTerms terms, Readiness readiness, TimeProvider time, ILogger<PostgresLeadership> logger)
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(readiness);
        var options = terms.Options;
        var seconds = Math.Max(1, (int)Math.Ceiling(options.Duration.TotalSeconds));
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "buildfarm lease", Enlist = false, Timeout = seconds, CommandTimeout = seconds };
        // An epoch that a crash of the database took back would be given twice.
        settings.Options = $"{settings.Options} -c synchronous_commit=on".Trim();
        _name = $"the lease in PostgreSQL at {settings.Host}:{settings.Port}/{settings.Database}";
        _source = new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
        _lease = new PostgresLease(_source, terms.Holder.Id, terms.Address.ToString().TrimEnd('/'), options.Duration);
        _comesBack = terms.Holder.BeginHost();
        _clock = new LeaseClock(time, options.Duration - options.Margin, () => Lose($"the lease could not be renewed for {options.Duration - options.Margin}"));
        (_options, _readiness, _time, _logger) = (options, readiness, time, logger);
        readiness.Close(Gate);
    }

    /// <inheritdoc />
    public bool Leads => LostBecause is null && _clock.Runs;

    /// <summary>The journal's epoch under which this coordinator leads or led; 0 before.</summary>
    public long Epoch { get; private set; }

    /// <inheritdoc />
    public string? LeaderAddress
    {
        get
        {
            lock (_gate)
            {
                return _leaderAddress;
            }
        }
    }

    /// <inheritdoc />
    public string? LostBecause
    {
        get
        {
            lock (_gate)
            {
                return _lostBecause;
            }
        }
    }

    /// <inheritdoc />
    public async Task<CancellationToken> AcquireAsync(CancellationToken cancellationToken)
    {
        if (_comesBack)
        {
            // Whoever is better off goes first.
            await Task.Delay(_options.RenewEvery, _time, cancellationToken);
        }

        for (var failures = 0; ; failures++)
        {
            try
            {
                await using var connection = await _lease.OpenAsync(cancellationToken);
                failures = 0;
                while (!await TryLeadAsync(connection, cancellationToken))
                {
                }

                return _lost.Token;
            }
            catch (NpgsqlException e) when (PostgresFailure.MayPass(e) && !cancellationToken.IsCancellationRequested)
            {
                Hear(address: null);
                var reason = PostgresFailure.Of(_name, e).Message;
                LogAway(failures == 0 ? LogLevel.Warning : LogLevel.Debug, reason);
            }
            catch (NpgsqlException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw PostgresFailure.Of(_name, e);
            }

            await Task.Delay(LongestLook * (0.5 + (0.5 * Random.Shared.NextDouble())), _time, cancellationToken);
        }
    }

    /// <inheritdoc />
    public async ValueTask ReleaseAsync()
    {
        lock (_gate)
        {
            if (_released)
            {
                return;
            }

            _released = true;
        }

        await _ended.CancelAsync();
        await _renewing;
        _clock.Stop();
        if (Epoch == 0)
        {
            return;
        }

        try
        {
            using var patience = new CancellationTokenSource(_options.Duration, _time);
            if (await _lease.ReleaseAsync(Epoch, patience.Token))
            {
                LogReleased(Epoch);
            }
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
        {
            LogNotReleased(e.Message.ReplaceLineEndings(" "));
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await ReleaseAsync();
        _clock.Dispose();
        _lost.Dispose();
        _ended.Dispose();
        await _source.DisposeAsync();
    }

    private async ValueTask<bool> TryLeadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var asked = _time.GetTimestamp();
        var answer = await _lease.TryTakeAsync(connection, cancellationToken);
        if (answer.Epoch is { } epoch)
        {
            Epoch = epoch;
            Hear(address: null);
            _clock.Restart(asked);
            _renewing = RenewAsync(_ended.Token);
            _readiness.Open(Gate);
            LogLeading(epoch);
            return true;
        }

        if (Hear(answer.Address))
        {
            LogStandingBy(answer.Address);
        }

        // Whichever comes first: the lease is given back, it runs out, or it is time to look.
        var wait = answer.Remaining < LongestLook ? answer.Remaining + TimeSpan.FromMilliseconds(5) : LongestLook;
        await connection.WaitAsync(wait, cancellationToken);
        return false;
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_options.RenewEvery, _time);
        var failing = false;
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                try
                {
                    var asked = _time.GetTimestamp();
                    if (!await _lease.RenewAsync(Epoch, cancellationToken))
                    {
                        Lose("its lease has run out or was taken by another");
                        return;
                    }

                    _clock.Restart(asked);
                    failing = false;
                }
                catch (NpgsqlException e)
                {
                    // The clock decides: the database may be back before the lease ends.
                    var reason = e.Message.ReplaceLineEndings(" ");
                    LogNotRenewed(failing ? LogLevel.Debug : LogLevel.Warning, reason);
                    failing = true;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Given back.
        }
    }

    private void Lose(string reason)
    {
        lock (_gate)
        {
            if (_released || _lostBecause is not null)
            {
                return;
            }

            _lostBecause = reason;
        }

        _lost.Cancel();
    }

    /// <summary>Remembers who leads; true when that is news.</summary>
    private bool Hear(string? address)
    {
        lock (_gate)
        {
            var news = !string.Equals(address, _leaderAddress, StringComparison.Ordinal);
            _leaderAddress = string.IsNullOrEmpty(address) ? null : address;
            return news && _leaderAddress is not null;
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "this coordinator leads, under epoch {Epoch}")]
    private partial void LogLeading(long epoch);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "standing by: {Leader} leads")]
    private partial void LogStandingBy(string leader);

    [LoggerMessage(EventId = 3, Message = "nobody can lead, trying again: {Reason}")]
    private partial void LogAway(LogLevel level, string reason);

    [LoggerMessage(EventId = 4, Message = "the lease cannot be renewed, trying again until it ends: {Reason}")]
    private partial void LogNotRenewed(LogLevel level, string reason);

    [LoggerMessage(EventId = 5, Level = LogLevel.Information, Message = "the lease of epoch {Epoch} is given back")]
    private partial void LogReleased(long epoch);

    [LoggerMessage(EventId = 6, Level = LogLevel.Warning, Message = "the lease could not be given back and runs out by itself: {Reason}")]
    private partial void LogNotReleased(string reason);
}
