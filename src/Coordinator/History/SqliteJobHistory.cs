using System.Runtime.CompilerServices;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Journal.Stores.Sqlite;
using BuildFarm.Digests;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.History;

/// <summary>Finished jobs and recorded times in a SQLite file: the last <paramref name="capacity"/> jobs to finish.</summary>
public sealed class SqliteJobHistory(string path, int capacity) : IJobHistory
{
    private const int ApplicationId = 0x42464831;

    private const string Schema =
        """
        CREATE TABLE jobs (id TEXT PRIMARY KEY, submitted INTEGER NOT NULL, finished INTEGER NOT NULL, header BLOB NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
        CREATE INDEX jobs_by_submission ON jobs (submitted DESC, id);
        CREATE INDEX jobs_by_finish ON jobs (finished, id);
        CREATE TABLE times (key TEXT PRIMARY KEY, ticks INTEGER NOT NULL, number INTEGER NOT NULL) WITHOUT ROWID;
        """;

    private readonly string _path = Path.GetFullPath(path);
    private readonly Lock _gate = new();
    private SqliteFile? _file;
    private SqliteStatement? _addJob;
    private SqliteStatement? _setTime;
    private SqliteStatement? _setMemory;
    private SqliteStatement? _forget;

    /// <inheritdoc />
    public ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        Guarded(() =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            _file = SqliteFile.Open(_path, ApplicationId, Schema);
            // Each new time looks for the newest number; without an index it would walk over all of them.
            _file.Execute("CREATE INDEX IF NOT EXISTS times_by_number ON times (number)");
            // Older files do not have it.
            _file.Execute("CREATE TABLE IF NOT EXISTS memory (key TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID");
            _setMemory = _file.Keep("INSERT INTO memory (key, bytes) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET bytes = excluded.bytes");
            _addJob = _file.Keep("INSERT INTO jobs (id, submitted, finished, header, body) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO NOTHING");
            _setTime = _file.Keep(
                "INSERT INTO times (key, ticks, number) VALUES (?1, ?2, (SELECT coalesce(max(number), 0) + 1 FROM times)) "
                + "ON CONFLICT (key) DO UPDATE SET ticks = excluded.ticks");
            _forget = _file.Keep("DELETE FROM jobs WHERE id IN (SELECT id FROM jobs ORDER BY finished DESC, id DESC LIMIT -1 OFFSET ?1)");
            return true;
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask AddAsync(IReadOnlyList<FinishedJob> jobs, IReadOnlyCollection<RecordedTime> times, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        ArgumentNullException.ThrowIfNull(times);
        var written = jobs.Select(job => (Job: job, Header: FinishedJobFormat.WriteHeader(job), Body: FinishedJobFormat.Write(job))).ToList();
        Guarded(() =>
        {
            _file!.InTransaction(() =>
            {
                foreach (var (job, header, body) in written)
                {
                    _addJob!.Bind(1, job.Id).Bind(2, job.Position.SubmittedAt.UtcTicks).Bind(3, job.FinishedAt.UtcTicks).Bind(4, header).Bind(5, body).Run();
                }

                foreach (var time in times)
                {
                    _setTime!.Bind(1, time.Key.ToString()).Bind(2, time.Time.Ticks).Run();
                    if (time.MemoryBytes > 0)
                    {
                        _setMemory!.Bind(1, time.Key.ToString()).Bind(2, time.MemoryBytes).Run();
                    }
                }

                _forget!.Bind(1, capacity).Run();
            });
            return true;
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<bool> WantsAsync(string jobId, DateTimeOffset finishedAt, CancellationToken cancellationToken) => ValueTask.FromResult(Guarded(() =>
    {
        using var known = _file!.Prepare("SELECT 1 FROM jobs WHERE id = ?1");
        using var older = _file.Prepare("SELECT count(*) >= ?1 AND min(finished) >= ?2 FROM jobs");
        return !known.Bind(1, jobId).Step() && older.Bind(1, capacity).Bind(2, finishedAt.UtcTicks).Step() && older.Int64(0) == 0;
    }));

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<FinishedJob>> FindAsync(string prefix, CancellationToken cancellationToken)
    {
        var bodies = Guarded(() =>
        {
            using var find = _file!.Prepare("SELECT body FROM jobs WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 2");
            return All(find.Bind(1, prefix).Bind(2, prefix + '\uffff'), static row => row.Bytes(0).ToArray());
        });
        return ValueTask.FromResult<IReadOnlyList<FinishedJob>>(bodies.ConvertAll(FinishedJobFormat.Read));
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Job>> ListAsync(JobListPosition position, int count, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Job>>(Guarded(() =>
        {
            using var list = _file!.Prepare(
                "SELECT header FROM jobs WHERE submitted < ?1 OR (submitted = ?1 AND id > ?2) ORDER BY submitted DESC, id LIMIT ?3");
            return All(
                list.Bind(1, position.SubmittedAt.UtcTicks).Bind(2, position.JobId).Bind(3, count), static row => FinishedJobFormat.ReadHeader(row.Bytes(0)));
        }));

    /// <inheritdoc />
    public async IAsyncEnumerable<RecordedTime> ReadTimesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask;
        var times = Guarded(() =>
        {
            using var read = _file!.Prepare("SELECT times.key, ticks, coalesce(bytes, 0) FROM times LEFT JOIN memory ON memory.key = times.key ORDER BY number");
            return All(read, static row => new RecordedTime(Digest.Parse(row.Text(0)), new TimeSpan(row.Int64(1)), row.Int64(2)));
        });
        foreach (var time in times)
        {
            yield return time;
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
        }

        return ValueTask.CompletedTask;
    }

    private static List<T> All<T>(SqliteStatement rows, Func<SqliteStatement, T> read)
    {
        var all = new List<T>();
        while (rows.Step())
        {
            all.Add(read(rows));
        }

        return all;
    }

    private T Guarded<T>(Func<T> use)
    {
        try
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_file is null && _addJob is not null, this);
                return use();
            }
        }
        catch (SqliteFailure e) when (e.IsDamage)
        {
            throw new JournalException($"the history {_path} is damaged: {e.Message}; move it away to begin with an empty history, or restore a backup (farm restore)", e);
        }
        catch (SqliteFailure e) when (e.IsInUse)
        {
            throw new JournalException($"the history {_path} is in use by another process; stop that one first", e);
        }
        catch (Exception e) when (e is SqliteFailure or IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            throw new JournalException($"the history {_path} cannot be used: {e.Message.TrimEnd('.')}; free some space on its disk, or make it writable", e);
        }
    }
}
