using SQLitePCL;

namespace BuildFarm.Coordinator.Journal.Stores.Sqlite;

/// <summary>SQLite said no.</summary>
internal sealed class SqliteFailure(int result, string message) : Exception(message)
{
    /// <summary>The primary result code.</summary>
    public int Code { get; } = result & 0xff;

    /// <summary>The file is no database, or a broken one.</summary>
    public bool IsDamage => Code is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    /// <summary>Another process has the file.</summary>
    public bool IsInUse => Code is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;
}
