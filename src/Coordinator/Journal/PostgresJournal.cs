using System.Data;
using System.Runtime.CompilerServices;
using BuildFarm.Coordinator.Journal.Stores;
using Npgsql;
using NpgsqlTypes;

namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// A journal in PostgreSQL. Every append checks in its own transaction that the epoch is still this coordinator's, so that
/// one that was paused or cut off cannot write after another took over.
/// </summary>
public sealed class PostgresJournal : StoredJournal
{
    /// <summary>
    /// Begins the condition that a statement's own view of the database has our epoch as the newest: it then sees nothing that a
    /// later one wrote.
    /// </summary>
    private const string IsOurs = "EXISTS (SELECT FROM buildfarm_journal_head WHERE epoch = ";

    private readonly NpgsqlDataSource _source;
    private readonly string _name;
    private readonly Func<long>? _leaseEpoch;
    private readonly int? _appendSeconds;
    private NpgsqlConnection? _appender;
    private NpgsqlCommand? _append;
    private long _epoch;

    /// <summary>A journal in the database that the connection string names, in the first schema of its search path.</summary>
    /// <param name="connectionString">As Npgsql takes it.</param>
    /// <param name="leaseEpoch">
    /// The epoch under which a lease was taken that decides who opens the journal. Null: opening it raises the epoch, and so
    /// ends whoever had it.
    /// </param>
    /// <param name="patience">How long an append may take, of which a database that does not answer makes a failure.</param>
    /// <exception cref="ArgumentException">It is no connection string.</exception>
    public PostgresJournal(string connectionString, Func<long>? leaseEpoch = null, TimeSpan? patience = null)
    {
        _leaseEpoch = leaseEpoch;
        _appendSeconds = patience is { } time ? Math.Max(1, (int)Math.Ceiling(time.TotalSeconds)) : null;
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "buildfarm coordinator", Enlist = false };
        _name = $"the journal in PostgreSQL at {settings.Host}:{settings.Port}/{settings.Database}";
        _source = new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }

    /// <inheritdoc />
    protected override string Name => _name;

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        if (_append is not null)
        {
            await _append.DisposeAsync();
        }

        if (_appender is not null)
        {
            await _appender.DisposeAsync();
        }

        await _source.DisposeAsync();
    }

    /// <inheritdoc />
    protected override async ValueTask<JournalStart> TakeOverAsync(CancellationToken cancellationToken)
    {
        try
        {
            _appender = await _source.OpenConnectionAsync(cancellationToken);
            await ExecuteAsync(_appender, "SET synchronous_commit = on", cancellationToken);
            await PostgresSchema.MakeAsync(_appender, PostgresSchema.LastOfJournal, PostgresSchema.Journal, cancellationToken);
            var start = await BeginEpochAsync(_appender, cancellationToken);
            _epoch = start.Epoch;
            _append = await PrepareAppendAsync(_appender, cancellationToken);
            return start;
        }
        catch (NpgsqlException e)
        {
            throw Unusable(e);
        }
    }

    /// <inheritdoc />
    protected override async ValueTask CommitAsync(StoredBlock block, JournalPosition end, CancellationToken cancellationToken)
    {
        var parameters = _append!.Parameters;
        parameters[0].Value = block.First;
        parameters[1].Value = block.Count;
        parameters[2].Value = block.Bytes;
        parameters[3].Value = end.Number;
        parameters[4].Value = (long)end.Chain;
        parameters[5].Value = _epoch;
        parameters[6].Value = block.First - 1;
        int kept;
        try
        {
            // Not cancelled half-way: what the database did would be unknown.
            kept = await _append.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (NpgsqlException e)
        {
            throw Unusable(e);
        }

        if (kept != 1)
        {
            throw Fenced();
        }
    }

    /// <inheritdoc />
    protected override IAsyncEnumerable<StoredBlock> ReadBlocksAsync(long after, CancellationToken cancellationToken) => ReadAsync(
        "SELECT first, count, bytes FROM buildfarm_journal_blocks WHERE first > $1 ORDER BY first",
        after,
        static row => new StoredBlock(row.GetInt64(0), row.GetInt32(1), row.GetFieldValue<byte[]>(2)),
        cancellationToken);

    /// <inheritdoc />
    protected override IAsyncEnumerable<ReadOnlyMemory<byte>> ReadSnapshotPartsAsync(long position, CancellationToken cancellationToken) => ReadAsync(
        "SELECT bytes FROM buildfarm_journal_snapshot_parts WHERE position = $1 ORDER BY number",
        position,
        static row => new ReadOnlyMemory<byte>(row.GetFieldValue<byte[]>(0)),
        cancellationToken);

    /// <inheritdoc />
    protected override async ValueTask DropSnapshotAsync(long position, CancellationToken cancellationToken) =>
        await RunAsync($"DELETE FROM buildfarm_journal_snapshot_parts WHERE position = $1 AND {IsOurs}$2)", cancellationToken, position, _epoch);

    /// <inheritdoc />
    protected override async ValueTask AddSnapshotPartAsync(long position, int number, ReadOnlyMemory<byte> part, CancellationToken cancellationToken)
    {
        var added = await RunAsync(
            $"INSERT INTO buildfarm_journal_snapshot_parts SELECT $1, $2, $3 WHERE {IsOurs}$4)", cancellationToken, position, number, part, _epoch);
        if (added != 1)
        {
            throw Fenced();
        }
    }

    /// <inheritdoc />
    protected override async ValueTask FinishSnapshotAsync(JournalPosition position, CancellationToken cancellationToken)
    {
        var finished = await RunAsync(
            "UPDATE buildfarm_journal_head SET snapshot = $1, snapshot_chain = $2 WHERE epoch = $3",
            cancellationToken, position.Number, (long)position.Chain, _epoch);
        if (finished != 1)
        {
            throw Fenced();
        }

        // One that is stopped between these and goes on much later must not drop what another has written since.
        await RunAsync($"DELETE FROM buildfarm_journal_blocks WHERE first <= $1 AND {IsOurs}$2)", cancellationToken, position.Number, _epoch);
        await RunAsync($"DELETE FROM buildfarm_journal_snapshot_parts WHERE position <> $1 AND {IsOurs}$2)", cancellationToken, position.Number, _epoch);
    }

    private async ValueTask<JournalStart> BeginEpochAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        const string Columns = "epoch, snapshot, snapshot_chain, position, chain";
        await using var begin = _leaseEpoch is null
            ? new NpgsqlCommand($"UPDATE buildfarm_journal_head SET epoch = epoch + 1 RETURNING {Columns}", connection)
            : new NpgsqlCommand($"SELECT {Columns} FROM buildfarm_journal_head", connection);
        await using var head = await begin.ExecuteReaderAsync(CommandBehavior.SingleRow, cancellationToken);
        await head.ReadAsync(cancellationToken);
        var epoch = head.GetInt64(0);
        return _leaseEpoch is null || _leaseEpoch() == epoch
            ? new JournalStart(epoch, new JournalPosition(head.GetInt64(1), (uint)head.GetInt64(2)), new JournalPosition(head.GetInt64(3), (uint)head.GetInt64(4)))
            : throw new JournalException($"{_name} is at epoch {epoch}, and this coordinator's lease was for epoch {_leaseEpoch()}; another has taken over") { IsJournalWell = true };
    }

    /// <summary>One statement, so one round trip: the end moves only under our epoch, and the block goes in only if it moved.</summary>
    private async ValueTask<NpgsqlCommand> PrepareAppendAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var append = new NpgsqlCommand(
            """
            WITH moved AS (UPDATE buildfarm_journal_head SET position = $4, chain = $5 WHERE epoch = $6 AND position = $7 RETURNING 1)
            INSERT INTO buildfarm_journal_blocks SELECT $1, $2, $3 FROM moved
            """,
            connection);
        foreach (var type in new[] { NpgsqlDbType.Bigint, NpgsqlDbType.Integer, NpgsqlDbType.Bytea, NpgsqlDbType.Bigint, NpgsqlDbType.Bigint, NpgsqlDbType.Bigint, NpgsqlDbType.Bigint })
        {
            append.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type });
        }

        append.CommandTimeout = _appendSeconds ?? append.CommandTimeout;
        await append.PrepareAsync(cancellationToken);
        return append;
    }

    private async IAsyncEnumerable<T> ReadAsync<T>(
        string sql, long parameter, Func<NpgsqlDataReader, T> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await GuardedAsync(_source.OpenConnectionAsync(cancellationToken));
#pragma warning disable CA2100 // Every caller is in this class and passes a constant.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await using var rows = await GuardedAsync(new ValueTask<NpgsqlDataReader>(command.ExecuteReaderAsync(cancellationToken)));
        while (await GuardedAsync(new ValueTask<bool>(rows.ReadAsync(cancellationToken))))
        {
            yield return read(rows);
        }
    }

    private async ValueTask<int> RunAsync(string sql, CancellationToken cancellationToken, params object[] parameters)
    {
#pragma warning disable CA2100 // As above.
        await using var command = _source.CreateCommand(sql);
#pragma warning restore CA2100
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        return await GuardedAsync(new ValueTask<int>(command.ExecuteNonQueryAsync(cancellationToken)));
    }

    private static async ValueTask ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // As above.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async ValueTask<T> GuardedAsync<T>(ValueTask<T> work)
    {
        try
        {
            return await work;
        }
        catch (NpgsqlException e)
        {
            throw Unusable(e);
        }
    }

    private JournalException Unusable(NpgsqlException e) => PostgresFailure.Of(_name, e);
}
