using Microsoft.Data.Sqlite;

namespace BuildFarm.BlobStore.Disk;

/// <summary>
/// The files of one tree with their sizes and last uses, in SQLite, so that eviction knows the oldest without looking at
/// the disk. It is a hint that can always be rebuilt: reads of blobs never ask it, it is not synced, and a damaged one is
/// thrown away. One task owns it; nothing here is safe for concurrent calls.
/// </summary>
internal sealed class FileIndex : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _select;
    private readonly SqliteCommand _upsert;
    private readonly SqliteCommand _touch;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _setMeta;
    private readonly SqliteCommand _remember;
    private readonly int _remembered;

    private FileIndex(SqliteConnection connection, int remembered)
    {
        _connection = connection;
        _remembered = remembered;
        _select = Prepare("SELECT bytes FROM files WHERE name = $name", "$name");
        _upsert = Prepare(
            "INSERT INTO files (name, bytes, used_at) VALUES ($name, $bytes, $used) "
            + "ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes, used_at = max(used_at, excluded.used_at)",
            "$name", "$bytes", "$used");
        _touch = Prepare("UPDATE files SET used_at = $used WHERE name = $name AND used_at < $used", "$name", "$used");
        _delete = Prepare("DELETE FROM files WHERE name = $name", "$name");
        _setMeta = Prepare(
            "INSERT INTO meta (key, value) VALUES ($key, $value) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            "$key", "$value");
        _remember = Prepare("INSERT OR REPLACE INTO gone (name) VALUES ($name)", "$name");
        TotalBytes = GetMeta("total_bytes");
        WasClosedCleanly = GetMeta("clean") == 1;
        SetMeta("clean", 0);
    }

    /// <summary>Sum of the rows' bytes, kept beside them so that a start reads one row and not all.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>True when the last owner stopped in order, so that the index and the disk agree.</summary>
    public bool WasClosedCleanly { get; }

    /// <summary>Opens or makes the index at <paramref name="path"/>; one that is no database is replaced by an empty one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="remembered">How many of the files removed last are known by name.</param>
    public static FileIndex Open(string path, int remembered)
    {
        try
        {
            return OpenExisting(path, remembered);
        }
        catch (SqliteException e) when (IsDamage(e))
        {
            Delete(path);
            return OpenExisting(path, remembered);
        }
    }

    /// <summary>The file is no database, or a broken one.</summary>
    public static bool IsDamage(SqliteException exception) =>
        exception.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB;

    /// <summary>Removes the database's files.</summary>
    public static void Delete(string path)
    {
        File.Delete(path);
        File.Delete(path + "-wal");
        File.Delete(path + "-shm");
        File.Delete(path + "-journal");
    }

    /// <summary>Writes the changes, in order, in one transaction.</summary>
    public void Apply(IReadOnlyList<FileChange> changes)
    {
        if (changes.Count == 0)
        {
            return;
        }

        var total = TotalBytes;
        Execute("BEGIN");
        try
        {
            foreach (var change in changes)
            {
                total += Write(change);
            }

            if (_remembered > 0)
            {
                Execute($"DELETE FROM gone WHERE id <= (SELECT max(id) FROM gone) - {_remembered}");
            }

            SetMeta("total_bytes", total);
            Execute("COMMIT");
        }
        catch (SqliteException)
        {
            RollBack();
            throw;
        }

        TotalBytes = total;
    }

    /// <summary>The files used longest ago, and not after <paramref name="usedBefore"/> (Unix milliseconds).</summary>
    public List<IndexedFile> Oldest(int count, long usedBefore = long.MaxValue) =>
        Query("SELECT name, bytes, used_at FROM files WHERE used_at <= $before ORDER BY used_at LIMIT $count",
            ("$before", usedBefore), ("$count", count));

    /// <summary>Rows.</summary>
    public long Count()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM files";
        return command.ExecuteScalar() as long? ?? 0;
    }

    /// <summary>Whether a file of that name was here, among the last to be removed.</summary>
    public bool IsGone(string name)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT 1 FROM gone WHERE name = $name";
        command.Parameters.AddWithValue("$name", name);
        return command.ExecuteScalar() is not null;
    }

    /// <summary>The rows below a folder.</summary>
    public List<IndexedFile> Below(string folder) =>
        Query("SELECT name, bytes, used_at FROM files WHERE name > $from AND name < $to",
            ("$from", folder + "/"), ("$to", folder + "0"));

    /// <summary>Says that everything known is written; the next start then trusts the index.</summary>
    public void MarkClean() => SetMeta("clean", 1);

    public void Dispose()
    {
        _select.Dispose();
        _upsert.Dispose();
        _touch.Dispose();
        _delete.Dispose();
        _setMeta.Dispose();
        _remember.Dispose();
        _connection.Dispose();
    }

    private static FileIndex OpenExisting(string path, int remembered)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            // An exclusive lock needs no shared-memory file, which a full disk could tear from under the process.
            command.CommandText =
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
                + "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
                + "CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL, used_at INTEGER NOT NULL) WITHOUT ROWID;"
                + "CREATE INDEX IF NOT EXISTS files_by_use ON files (used_at);"
                + "CREATE TABLE IF NOT EXISTS gone (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);";
            command.ExecuteNonQuery();
            return new FileIndex(connection, remembered);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>A full disk makes SQLite roll back by itself, and then there is nothing left to roll back.</summary>
    private void RollBack()
    {
        try
        {
            Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // Rolled back already; the failure that led here is the one to report.
        }
    }

    private long Write(in FileChange change)
    {
        switch (change.Kind)
        {
            case FileChangeKind.Added:
                var before = BytesOf(change.Name);
                _upsert.Parameters[0].Value = change.Name;
                _upsert.Parameters[1].Value = change.Bytes;
                _upsert.Parameters[2].Value = change.UsedAt;
                _upsert.ExecuteNonQuery();
                return change.Bytes - before;
            case FileChangeKind.Touched:
                _touch.Parameters[0].Value = change.Name;
                _touch.Parameters[1].Value = change.UsedAt;
                _touch.ExecuteNonQuery();
                return 0;
            default:
                var freed = BytesOf(change.Name);
                _delete.Parameters[0].Value = change.Name;
                _delete.ExecuteNonQuery();
                if (_remembered > 0)
                {
                    _remember.Parameters[0].Value = change.Name;
                    _remember.ExecuteNonQuery();
                }

                return -freed;
        }
    }

    private long BytesOf(string name)
    {
        _select.Parameters[0].Value = name;
        return _select.ExecuteScalar() as long? ?? 0;
    }

    private long GetMeta(string key)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT value FROM meta WHERE key = $key";
        command.Parameters.AddWithValue("$key", key);
        return command.ExecuteScalar() as long? ?? 0;
    }

    private void SetMeta(string key, long value)
    {
        _setMeta.Parameters[0].Value = key;
        _setMeta.Parameters[1].Value = value;
        _setMeta.ExecuteNonQuery();
    }

    private List<IndexedFile> Query(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Every caller is in this class and passes a constant.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        var rows = new List<IndexedFile>();
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(new IndexedFile(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2)));
        }

        return rows;
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // As above.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new SqliteParameter(parameter, null));
        }

        return command;
    }
}
