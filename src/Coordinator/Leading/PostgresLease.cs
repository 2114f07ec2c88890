using System.Data;
using BuildFarm.Coordinator.Journal;
using Npgsql;

namespace BuildFarm.Coordinator.Leading;

/// <summary>
/// The lease as a row beside the journal: who leads, where, under which of the journal's epochs, and until when by the
/// database's clock alone. Taking it raises the journal's epoch in the same transaction, so that from then on the append of
/// whoever led before is refused.
/// </summary>
internal sealed class PostgresLease(NpgsqlDataSource source, string holder, string address, TimeSpan duration)
{
    /// <summary>Notified whenever the lease changes hands.</summary>
    private const string Channel = "buildfarm_leader";

    private const string Schema =
        """
        CREATE TABLE IF NOT EXISTS buildfarm_leader (id integer PRIMARY KEY CHECK (id = 1), holder text NOT NULL, address text NOT NULL,
          epoch bigint NOT NULL, expires timestamptz NOT NULL) WITH (fillfactor = 10);
        INSERT INTO buildfarm_leader VALUES (1, '', '', 0, '-infinity') ON CONFLICT DO NOTHING;
        """;

    /// <summary>Opens a connection that hears of changes, and makes the tables.</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            await PostgresSchema.MakeAsync(connection, PostgresSchema.LastOfJournal, PostgresSchema.Journal, cancellationToken);
            await PostgresSchema.MakeAsync(connection, "buildfarm_leader", Schema, cancellationToken);
            await using var listen = new NpgsqlCommand($"LISTEN {Channel}", connection);
            await listen.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes the lease when nobody has it, or this process has it still.</summary>
    public async ValueTask<LeaseAnswer> TryTakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // A look costs the database nothing; a lock on the row is a record in its log.
        var (other, remaining, free) = await ReadAsync(connection, lockIt: false, cancellationToken);
        if (!free)
        {
            return new LeaseAnswer(null, other, remaining);
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        (other, remaining, free) = await ReadAsync(connection, lockIt: true, cancellationToken);
        if (!free)
        {
            await transaction.CommitAsync(cancellationToken);
            return new LeaseAnswer(null, other, remaining);
        }

        await using var take = new NpgsqlCommand(
            $"""
            WITH raised AS (UPDATE buildfarm_journal_head SET epoch = epoch + 1 RETURNING epoch)
            UPDATE buildfarm_leader SET holder = $1, address = $2, epoch = raised.epoch, expires = clock_timestamp() + $3 FROM raised
            RETURNING buildfarm_leader.epoch, pg_notify('{Channel}', '')
            """,
            connection);
        AddParameters(take, holder, address, duration);
        long epoch;
        await using (var row = await take.ExecuteReaderAsync(CommandBehavior.SingleRow, cancellationToken))
        {
            await row.ReadAsync(cancellationToken);
            epoch = row.GetInt64(0);
        }

        await transaction.CommitAsync(cancellationToken);
        return new LeaseAnswer(epoch, address, duration);
    }

    /// <summary>Renews it. False when it has run out or is another's: it cannot come back then.</summary>
    public async ValueTask<bool> RenewAsync(long epoch, CancellationToken cancellationToken)
    {
        await using var renew = source.CreateCommand(
            "UPDATE buildfarm_leader SET expires = clock_timestamp() + $3 WHERE holder = $1 AND epoch = $2 AND expires > clock_timestamp()");
        AddParameters(renew, holder, epoch, duration);
        return await renew.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Gives it back. False when it was no longer held under this epoch.</summary>
    public async ValueTask<bool> ReleaseAsync(long epoch, CancellationToken cancellationToken)
    {
        await using var release = source.CreateCommand(
            $"UPDATE buildfarm_leader SET holder = '', address = '', expires = '-infinity' WHERE holder = $1 AND epoch = $2 RETURNING epoch, pg_notify('{Channel}', '')");
        AddParameters(release, holder, epoch);
        return await release.ExecuteScalarAsync(cancellationToken) is not null;
    }

    /// <summary>Reads the row; under its lock, of two that ask at once one waits for the other's answer.</summary>
    private async ValueTask<(string Address, TimeSpan Remaining, bool Free)> ReadAsync(NpgsqlConnection connection, bool lockIt, CancellationToken cancellationToken)
    {
        const string Look =
            """
            SELECT address, CASE WHEN expires = '-infinity' THEN 0 ELSE greatest(extract(epoch FROM expires - clock_timestamp())::float8, 0) END,
              expires <= clock_timestamp() OR holder = $1 FROM buildfarm_leader
            """;
        await using var look = lockIt ? new NpgsqlCommand(Look + " FOR UPDATE", connection) : new NpgsqlCommand(Look, connection);
        AddParameters(look, holder);
        await using var row = await look.ExecuteReaderAsync(CommandBehavior.SingleRow, cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? (row.GetString(0), TimeSpan.FromSeconds(row.GetDouble(1)), row.GetBoolean(2))
            : throw new JournalException("the table buildfarm_leader has lost its row; drop the table, and a coordinator makes it anew");
    }

    private static void AddParameters(NpgsqlCommand command, params object[] values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }
    }
}
