using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Journal.Stores.Sqlite;
using BuildFarm.Digests;

namespace BuildFarm.Coordinator.Why;

/// <summary>The last <paramref name="capacity"/> actions in a SQLite file of their own: what is in it is nice to have, and no backup needs it.</summary>
public sealed class SqliteActionHistory(string path, int capacity) : IActionHistory
{
    private const int ApplicationId = 0x42464131;
    private const string Columns = "number, instance, environment, action, job, task, outputs, program, at";

    private const string Schema =
        """
        CREATE TABLE actions (number INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, environment TEXT NOT NULL, action TEXT NOT NULL,
          job TEXT NOT NULL, task TEXT NOT NULL, outputs TEXT NOT NULL, program TEXT NOT NULL, at INTEGER NOT NULL);
        CREATE UNIQUE INDEX actions_by_job ON actions (job, task, action);
        CREATE INDEX actions_by_action ON actions (action);
        CREATE INDEX actions_by_task ON actions (instance, task, number);
        CREATE INDEX actions_by_outputs ON actions (instance, outputs, number);
        CREATE INDEX actions_by_program ON actions (instance, program, number);
        """;

    private readonly string _path = Path.GetFullPath(path);
    private readonly Lock _gate = new();
    private SqliteFile? _file;
    private SqliteStatement? _add;
    private SqliteStatement? _forget;
    private bool _disposed;

    /// <inheritdoc />
    public ValueTask AddAsync(IReadOnlyList<SeenAction> actions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(actions);
        Guarded(file =>
        {
            file.InTransaction(() =>
            {
                foreach (var action in actions)
                {
                    _add!.Bind(1, action.InstanceName).Bind(2, action.Environment).Bind(3, action.Action.ToString()).Bind(4, action.JobId).Bind(5, action.Task)
                        .Bind(6, action.Outputs).Bind(7, action.Program).Bind(8, action.At.UtcTicks).Run();
                }

                _forget!.Bind(1, capacity).Run();
            });
            return true;
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<SeenAction?> FindAsync(string instanceName, Digest action, CancellationToken cancellationToken) => ValueTask.FromResult(Guarded(file =>
    {
        using var find = file.Prepare($"SELECT {Columns} FROM actions WHERE action = ?1 AND instance = ?2 ORDER BY number DESC LIMIT 1");
        return All(find.Bind(1, action.ToString()).Bind(2, instanceName)).FirstOrDefault();
    }));

    /// <inheritdoc />
    public ValueTask<SeenAction?> FindAsync(string jobId, string task, CancellationToken cancellationToken) => ValueTask.FromResult(Guarded(file =>
    {
        using var find = file.Prepare($"SELECT {Columns} FROM actions WHERE job = ?1 AND task = ?2 ORDER BY number DESC LIMIT 1");
        return All(find.Bind(1, jobId).Bind(2, task)).FirstOrDefault();
    }));

    /// <inheritdoc />
    public ValueTask<SeenAction?> FindNamedAsync(string instanceName, string task, CancellationToken cancellationToken) => ValueTask.FromResult(Guarded(file =>
    {
        using var find = file.Prepare(
            $"SELECT {Columns} FROM actions WHERE instance = ?1 AND (task = ?2 OR (task >= ?2 || ' ' AND task < ?2 || '!')) ORDER BY number DESC LIMIT 1");
        return All(find.Bind(1, instanceName).Bind(2, task)).FirstOrDefault();
    }));

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<SeenAction>> FindLikeAsync(SeenAction action, int count, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(action);
        return ValueTask.FromResult(Guarded<IReadOnlyList<SeenAction>>(file =>
        [
            .. Like(file, "task", action.Task),
            .. action.Outputs.Length > 0 ? Like(file, "outputs", action.Outputs) : [],
            .. Like(file, "program", action.Program),
        ]));

        List<SeenAction> Like(SqliteFile file, string column, string value)
        {
            using var find = file.Prepare(
                $"SELECT {Columns} FROM actions WHERE instance = ?1 AND {column} = ?2 AND number < ?3 ORDER BY number DESC LIMIT ?4");
            return All(find.Bind(1, action.InstanceName).Bind(2, value).Bind(3, action.Number).Bind(4, count));
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
            _disposed = true;
        }

        return ValueTask.CompletedTask;
    }

    private static List<SeenAction> All(SqliteStatement rows)
    {
        var all = new List<SeenAction>();
        while (rows.Step())
        {
            all.Add(new SeenAction(
                rows.Text(1), rows.Text(2), Digest.Parse(rows.Text(3)), rows.Text(4), rows.Text(5), rows.Text(6), rows.Text(7),
                new DateTimeOffset(rows.Int64(8), TimeSpan.Zero)) { Number = rows.Int64(0) });
        }

        return all;
    }

    private T Guarded<T>(Func<SqliteFile, T> use)
    {
        try
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                return use(_file ??= Open());
            }
        }
        catch (Exception e) when (e is SqliteFailure or IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            throw new JournalException($"the actions in {_path} cannot be used: {e.Message.TrimEnd('.')}; move the file away to begin anew, 'farm why' alone needs it", e);
        }
    }

    private SqliteFile Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = SqliteFile.Open(_path, ApplicationId, Schema);

        // A row that a power failure takes makes one answer poorer; syncing each batch would cost the disk that the journal syncs on.
        file.Execute("PRAGMA synchronous = NORMAL");
        _add = file.Keep(
            "INSERT INTO actions (instance, environment, action, job, task, outputs, program, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING");
        _forget = file.Keep("DELETE FROM actions WHERE number <= (SELECT max(number) FROM actions) - ?1");
        return file;
    }
}
