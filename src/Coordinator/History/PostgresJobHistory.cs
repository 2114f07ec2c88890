using System.Runtime.CompilerServices;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Digests;
using BuildFarm.V1;
using Npgsql;

namespace BuildFarm.Coordinator.History;

/// <summary>Finished jobs and recorded times in PostgreSQL: the last <paramref name="capacity"/> jobs to finish.</summary>
public sealed class PostgresJobHistory(string connectionString, int capacity) : IJobHistory
{
    /// <summary>Names the lock under which tables are made: two coordinators may start at once.</summary>
    private const long SchemaLock = 0x42464831;

    private const string Schema =
        """
        CREATE TABLE IF NOT EXISTS buildfarm_jobs (id text COLLATE "C" PRIMARY KEY, submitted bigint NOT NULL, finished bigint NOT NULL,
          header bytea NOT NULL, body bytea NOT NULL);
        CREATE INDEX IF NOT EXISTS buildfarm_jobs_by_submission ON buildfarm_jobs (submitted DESC, id);
        CREATE INDEX IF NOT EXISTS buildfarm_jobs_by_finish ON buildfarm_jobs (finished, id);
        CREATE TABLE IF NOT EXISTS buildfarm_times (key text COLLATE "C" PRIMARY KEY, ticks bigint NOT NULL, number bigserial NOT NULL);
        CREATE TABLE IF NOT EXISTS buildfarm_memory (key text COLLATE "C" PRIMARY KEY, bytes bigint NOT NULL);
        """;

    private readonly NpgsqlDataSource _source = new NpgsqlDataSourceBuilder(
        new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "buildfarm history", Enlist = false }.ConnectionString).Build();

    /// <inheritdoc />
    public ValueTask OpenAsync(CancellationToken cancellationToken) => GuardedAsync(async () =>
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var make = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({SchemaLock}); {Schema}", connection);
        await make.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    });

    /// <inheritdoc />
    public ValueTask AddAsync(IReadOnlyList<FinishedJob> jobs, IReadOnlyCollection<RecordedTime> times, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        ArgumentNullException.ThrowIfNull(times);
        return GuardedAsync(async () =>
        {
            // A batch is one transaction, and one round trip.
            await using var batch = _source.CreateBatch();
            foreach (var job in jobs)
            {
                batch.BatchCommands.Add(Command(
                    "INSERT INTO buildfarm_jobs (id, submitted, finished, header, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
                    job.Id, job.Position.SubmittedAt.UtcTicks, job.FinishedAt.UtcTicks, FinishedJobFormat.WriteHeader(job), FinishedJobFormat.Write(job)));
            }

            foreach (var time in times)
            {
                batch.BatchCommands.Add(Command(
                    "INSERT INTO buildfarm_times (key, ticks) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET ticks = excluded.ticks",
                    time.Key.ToString(), time.Time.Ticks));
                if (time.MemoryBytes > 0)
                {
                    batch.BatchCommands.Add(Command(
                        "INSERT INTO buildfarm_memory (key, bytes) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET bytes = excluded.bytes",
                        time.Key.ToString(), time.MemoryBytes));
                }
            }

            batch.BatchCommands.Add(Command(
                "DELETE FROM buildfarm_jobs WHERE id IN (SELECT id FROM buildfarm_jobs ORDER BY finished DESC, id DESC OFFSET $1)", capacity));
            await batch.ExecuteNonQueryAsync(cancellationToken);
            return true;
        });
    }

    /// <inheritdoc />
    public async ValueTask<bool> WantsAsync(string jobId, DateTimeOffset finishedAt, CancellationToken cancellationToken)
    {
        var wanted = await ReadAsync(
            "SELECT NOT EXISTS (SELECT FROM buildfarm_jobs WHERE id = $1) AND NOT coalesce((SELECT count(*) >= $2 AND min(finished) >= $3 FROM buildfarm_jobs), false)",
            static row => row.GetBoolean(0), cancellationToken, jobId, (long)capacity, finishedAt.UtcTicks);
        return wanted[0];
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<FinishedJob>> FindAsync(string prefix, CancellationToken cancellationToken)
    {
        var bodies = await ReadAsync(
            "SELECT body FROM buildfarm_jobs WHERE id >= $1 AND id < $2 ORDER BY id LIMIT 2",
            static row => row.GetFieldValue<byte[]>(0), cancellationToken, prefix, prefix + '\uffff');
        return bodies.ConvertAll(FinishedJobFormat.Read);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<Job>> ListAsync(JobListPosition position, int count, CancellationToken cancellationToken) => await ReadAsync(
        "SELECT header FROM buildfarm_jobs WHERE submitted < $1 OR (submitted = $1 AND id > $2) ORDER BY submitted DESC, id LIMIT $3",
        static row => FinishedJobFormat.ReadHeader(row.GetFieldValue<byte[]>(0)), cancellationToken, position.SubmittedAt.UtcTicks, position.JobId, count);

    /// <inheritdoc />
    public async IAsyncEnumerable<RecordedTime> ReadTimesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var times = await ReadAsync(
            "SELECT t.key, ticks, coalesce(bytes, 0) FROM buildfarm_times t LEFT JOIN buildfarm_memory m ON m.key = t.key ORDER BY number",
            static row => new RecordedTime(Digest.Parse(row.GetString(0)), new TimeSpan(row.GetInt64(1)), row.GetInt64(2)), cancellationToken);
        foreach (var time in times)
        {
            yield return time;
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static NpgsqlBatchCommand Command(string sql, params object[] parameters)
    {
#pragma warning disable CA2100 // Every caller is in this class and passes a constant.
        var command = new NpgsqlBatchCommand(sql);
#pragma warning restore CA2100
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        return command;
    }

    private ValueTask<List<T>> ReadAsync<T>(
        string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] parameters) => GuardedAsync(async () =>
    {
        await using var batch = _source.CreateBatch();
        batch.BatchCommands.Add(Command(sql, parameters));
        await using var rows = await batch.ExecuteReaderAsync(cancellationToken);
        var all = new List<T>();
        while (await rows.ReadAsync(cancellationToken))
        {
            all.Add(read(rows));
        }

        return all;
    });

    private static async ValueTask<T> GuardedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (NpgsqlException e)
        {
            throw PostgresFailure.Of("the history in PostgreSQL", e);
        }
    }

    private static async ValueTask GuardedAsync(Func<Task<bool>> work) => await GuardedAsync<bool>(work);
}
