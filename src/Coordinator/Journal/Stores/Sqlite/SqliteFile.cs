using SQLitePCL;

namespace BuildFarm.Coordinator.Journal.Stores.Sqlite;

/// <summary>
/// A SQLite database whose commits are durable when they return: write-ahead log, synced at each commit. One process at a
/// time has it, and whoever has it locks around its own use.
/// </summary>
internal sealed class SqliteFile : IDisposable
{
    private readonly sqlite3 _database;
    private readonly List<SqliteStatement> _statements = [];

    private SqliteFile(sqlite3 database) => _database = database;

    /// <summary>Rows that the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(_database);

    /// <summary>Opens a file, or makes it.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="applicationId">Says what the file is; another's is refused. Null takes any that is there.</param>
    /// <param name="schema">Run when the file is empty.</param>
    /// <exception cref="SqliteFailure">It is no such database, is damaged, in use, or cannot be written.</exception>
    public static SqliteFile Open(string path, int? applicationId, string schema)
    {
        Batteries_V2.Init();
        var opened = raw.sqlite3_open_v2(path, out var database, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        var file = new SqliteFile(database);
        try
        {
            file.Check(opened);
            // An exclusive lock needs no shared-memory file, which a full disk could tear from under the process.
            file.Execute("PRAGMA locking_mode = EXCLUSIVE");
            file.Execute("PRAGMA journal_mode = WAL");
            file.Execute("PRAGMA synchronous = FULL");
            var known = (int)file.Scalar("PRAGMA application_id");
            if (applicationId is null)
            {
                return file;
            }

            if (known == 0 && file.Scalar("SELECT count(*) FROM sqlite_master") == 0)
            {
                file.Execute($"BEGIN IMMEDIATE; {schema}; PRAGMA application_id = {applicationId}; COMMIT");
            }
            else if (known != applicationId)
            {
                throw new SqliteFailure(raw.SQLITE_NOTADB, $"it is another program's or version's database (application id {known:x})");
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Prepares a statement that lives as long as this.</summary>
    public SqliteStatement Keep(string sql)
    {
        var prepared = Prepare(sql);
        _statements.Add(prepared);
        return prepared;
    }

    /// <summary>Prepares a statement, for its caller to dispose.</summary>
    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_database, sql, out var statement));
        return new SqliteStatement(this, statement);
    }

    /// <summary>Runs statements that answer nothing.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_database, sql));

    /// <summary>Runs everything in one transaction.</summary>
    public void InTransaction(Action work)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            work();
            Execute("COMMIT");
        }
        catch
        {
            // A full disk makes SQLite roll back by itself, and then there is nothing left to roll back.
            _ = raw.sqlite3_exec(_database, "ROLLBACK");
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
        {
            statement.Dispose();
        }

        _ = raw.sqlite3_close_v2(_database);
        _database.Dispose();
    }

    /// <exception cref="SqliteFailure">The result is none of the good ones.</exception>
    internal void Check(int result)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw new SqliteFailure(result, raw.sqlite3_errmsg(_database).utf8_to_string());
        }
    }

    private long Scalar(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Int64(0) : 0;
    }
}
