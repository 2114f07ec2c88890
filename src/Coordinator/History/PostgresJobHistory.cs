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
    private const string Schema =
        """
        CREATE TABLE IF NOT EXISTS buildfarm_jobs (id text COLLATE "C" PRIMARY KEY, submitted bigint NOT NULL, finished bigint NOT NULL,
          header bytea NOT NULL, body bytea NOT NULL);
        CREATE INDEX IF NOT EXISTS buildfarm_jobs_by_submission ON buildfarm_jobs (submitted DESC, id);
        CREATE INDEX IF NOT EXISTS buildfarm_jobs_by_finish ON buildfarm_jobs (finished, id);
        CREATE TABLE IF NOT EXISTS buildfarm_times (key text COLLATE "C" PRIMARY KEY, ticks bigint NOT NULL, number bigserial NOT NULL);
        CREATE TABLE IF NOT EXISTS buildfarm_memory (key text COLLATE "C" PRIMARY KEY, bytes bigint NOT NULL);
        """;

    private readonly PostgresTables _tables = new(connectionString, "history", last: "buildfarm_memory", Schema);

    /// <inheritdoc />
    public ValueTask OpenAsync(CancellationToken cancellationToken) => _tables.OpenAsync(cancellationToken);

    /// <inheritdoc />
    public ValueTask AddAsync(IReadOnlyList<FinishedJob> jobs, IReadOnlyCollection<RecordedTime> times, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        ArgumentNullException.ThrowIfNull(times);
        return _tables.WriteAsync([.. jobs.Select(Insert), .. times.Select(Upsert), .. times.Where(static time => time.MemoryBytes > 0).Select(UpsertMemory), Bound()], cancellationToken);
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
    public ValueTask DisposeAsync() => _tables.DisposeAsync();

    private static NpgsqlBatchCommand Insert(FinishedJob job) => PostgresTables.Command(
        "INSERT INTO buildfarm_jobs (id, submitted, finished, header, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
        job.Id, job.Position.SubmittedAt.UtcTicks, job.FinishedAt.UtcTicks, FinishedJobFormat.WriteHeader(job), FinishedJobFormat.Write(job));

    private static NpgsqlBatchCommand Upsert(RecordedTime time) => PostgresTables.Command(
        "INSERT INTO buildfarm_times (key, ticks) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET ticks = excluded.ticks",
        time.Key.ToString(), time.Time.Ticks);

    private static NpgsqlBatchCommand UpsertMemory(RecordedTime time) => PostgresTables.Command(
        "INSERT INTO buildfarm_memory (key, bytes) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET bytes = excluded.bytes",
        time.Key.ToString(), time.MemoryBytes);

    private NpgsqlBatchCommand Bound() => PostgresTables.Command(
        "DELETE FROM buildfarm_jobs WHERE id IN (SELECT id FROM buildfarm_jobs ORDER BY finished DESC, id DESC OFFSET $1)", capacity);

    private ValueTask<List<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values) =>
        _tables.ReadAsync(PostgresTables.Command(sql, values), read, cancellationToken);
}
