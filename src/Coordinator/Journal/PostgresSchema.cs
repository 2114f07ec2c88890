using Npgsql;

namespace BuildFarm.Coordinator.Journal;

/// <summary>The coordinator's tables in PostgreSQL.</summary>
internal static class PostgresSchema
{
    /// <summary>The table of <see cref="Journal"/> that is made last.</summary>
    public const string LastOfJournal = "buildfarm_journal_snapshot_parts";

    /// <summary>Those of the journal.</summary>
    public const string Journal =
        """
        CREATE TABLE IF NOT EXISTS buildfarm_journal_head (id integer PRIMARY KEY CHECK (id = 1), epoch bigint NOT NULL,
          position bigint NOT NULL, chain bigint NOT NULL, snapshot bigint NOT NULL, snapshot_chain bigint NOT NULL) WITH (fillfactor = 10);
        INSERT INTO buildfarm_journal_head VALUES (1, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING;
        CREATE TABLE IF NOT EXISTS buildfarm_journal_blocks (first bigint PRIMARY KEY, count integer NOT NULL, bytes bytea NOT NULL);
        ALTER TABLE buildfarm_journal_blocks ALTER COLUMN bytes SET STORAGE EXTERNAL;
        CREATE TABLE IF NOT EXISTS buildfarm_journal_snapshot_parts (position bigint NOT NULL, number integer NOT NULL, bytes bytea NOT NULL,
          PRIMARY KEY (position, number));
        """;

    /// <summary>Names the lock under which tables are made: two coordinators may start at once.</summary>
    private const long Lock = 0x42464A31;

    /// <summary>
    /// Makes tables that are not there. Those that are there are not touched: a change of one would wait for a backup that
    /// reads it, and everybody else behind that.
    /// </summary>
    /// <param name="connection">Its search path says where.</param>
    /// <param name="last">The table that the schema makes last.</param>
    /// <param name="schema">The statements.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async ValueTask MakeAsync(NpgsqlConnection connection, string last, string schema, CancellationToken cancellationToken)
    {
        await using var look = new NpgsqlCommand("SELECT to_regclass($1) IS NOT NULL", connection);
        look.Parameters.Add(new NpgsqlParameter { Value = last });
        if (await look.ExecuteScalarAsync(cancellationToken) is true)
        {
            return;
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
#pragma warning disable CA2100 // Every caller passes a constant.
        await using var make = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({Lock}); {schema}", connection);
#pragma warning restore CA2100
        await make.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
