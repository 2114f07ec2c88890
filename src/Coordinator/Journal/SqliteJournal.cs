using System.Runtime.CompilerServices;
using BuildFarm.Coordinator.Journal.Stores;
using BuildFarm.Coordinator.Journal.Stores.Sqlite;
using BuildFarm.Hosting.Local;

namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// The journal of a farm with one coordinator: a SQLite file, and beside it a mark of how far it was acknowledged
/// (<see cref="AcknowledgedMark"/>). One process at a time has it.
/// </summary>
public sealed class SqliteJournal(string path) : StoredJournal
{
    private const int ApplicationId = 0x42464A31;

    /// <summary>Rows that are removed in one transaction, and their bytes: little enough that an append waits a moment at most.</summary>
    private const int DroppedAtOnce = 256;
    private const int BytesDroppedAtOnce = 512 << 10;

    // The running sum leaves out the row itself, so that one row goes however large it is.
    private const string DropBlocks =
        """
        DELETE FROM blocks WHERE first IN (SELECT first FROM
          (SELECT first, sum(size) OVER (ORDER BY first) - size AS before FROM
            (SELECT first, length(bytes) AS size FROM blocks WHERE first <= ?1 ORDER BY first LIMIT ?2))
          WHERE before < ?3)
        """;

    private const string Schema =
        """
        CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, position INTEGER NOT NULL, chain INTEGER NOT NULL,
          snapshot INTEGER NOT NULL, snapshot_chain INTEGER NOT NULL);
        INSERT INTO head VALUES (1, 0, 0, 0, 0, 0);
        CREATE TABLE blocks (first INTEGER PRIMARY KEY, count INTEGER NOT NULL, bytes BLOB NOT NULL);
        CREATE TABLE snapshot_parts (position INTEGER NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (position, number));
        """;

    private readonly string _path = Path.GetFullPath(path);
    private readonly Lock _gate = new();
    private int _commits;
    private SqliteFile? _file;
    private AcknowledgedMark? _mark;
    private SqliteStatement? _addBlock;
    private SqliteStatement? _moveEnd;
    private SqliteStatement? _addPart;

    /// <summary>The file that says how far the journal was acknowledged.</summary>
    public static string MarkOf(string path) => path + ".mark";

    /// <inheritdoc />
    protected override string Name => $"the journal {_path}";

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
            _mark?.Dispose();
            _mark = null;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    protected override ValueTask<JournalStart> TakeOverAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Guarded(() =>
    {
        if (!File.Exists(_path))
        {
            Create();
        }
        else if (new FileInfo(_path).Length == 0)
        {
            throw Damaged("the file is empty");
        }

        _file = SqliteFile.Open(_path, ApplicationId, Schema);
        var start = RaiseEpoch(_file);
        _mark = AcknowledgedMark.Open(MarkOf(_path));
        if (_mark.Written is { } acknowledged && (acknowledged.Number > start.End.Number || (acknowledged.Number == start.End.Number && acknowledged != start.End)))
        {
            throw Damaged($"it ends with record {start.End.Number}, and {MarkOf(_path)} says that record {acknowledged.Number} was acknowledged");
        }

        _mark.Write(start.End);
        _addBlock = _file.Keep("INSERT INTO blocks (first, count, bytes) VALUES (?1, ?2, ?3)");
        _moveEnd = _file.Keep("UPDATE head SET position = ?1, chain = ?2");
        _addPart = _file.Keep("INSERT INTO snapshot_parts (position, number, bytes) VALUES (?1, ?2, ?3)");
        return start;
    }));

    /// <inheritdoc />
    protected override ValueTask CommitAsync(StoredBlock block, JournalPosition end, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _commits);
        Guarded(() =>
        {
            Interlocked.Decrement(ref _commits);
            _file!.InTransaction(() =>
            {
                _addBlock!.Bind(1, block.First).Bind(2, block.Count).Bind(3, block.Bytes.Span).Run();
                _moveEnd!.Bind(1, end.Number).Bind(2, end.Chain).Run();
            });
            _mark!.Write(end);
            return true;
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    protected override IAsyncEnumerable<StoredBlock> ReadBlocksAsync(long after, CancellationToken cancellationToken) => ReadAsync(
        "SELECT first, count, bytes FROM blocks WHERE first > ?1 ORDER BY first",
        after,
        static row => new StoredBlock(row.Int64(0), (int)row.Int64(1), row.Bytes(2).ToArray()),
        cancellationToken);

    /// <inheritdoc />
    protected override IAsyncEnumerable<ReadOnlyMemory<byte>> ReadSnapshotPartsAsync(long position, CancellationToken cancellationToken) => ReadAsync(
        "SELECT bytes FROM snapshot_parts WHERE position = ?1 ORDER BY number",
        position,
        static row => new ReadOnlyMemory<byte>(row.Bytes(0).ToArray()),
        cancellationToken);

    /// <inheritdoc />
    protected override ValueTask DropSnapshotAsync(long position, CancellationToken cancellationToken)
    {
        DropRows("DELETE FROM snapshot_parts WHERE rowid IN (SELECT rowid FROM snapshot_parts WHERE position = ?1 LIMIT min(?2, ?3 / 131072))", position, cancellationToken);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    protected override ValueTask AddSnapshotPartAsync(long position, int number, ReadOnlyMemory<byte> part, CancellationToken cancellationToken)
    {
        GiveWay();
        Guarded(() =>
        {
            _addPart!.Bind(1, position).Bind(2, number).Bind(3, part.Span).Run();
            return true;
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    protected override ValueTask FinishSnapshotAsync(JournalPosition position, CancellationToken cancellationToken)
    {
        Guarded(() =>
        {
            using var finish = _file!.Prepare("UPDATE head SET snapshot = ?1, snapshot_chain = ?2");
            finish.Bind(1, position.Number).Bind(2, position.Chain).Run();
            return true;
        });
        DropRows(DropBlocks, position.Number, cancellationToken);
        DropRows("DELETE FROM snapshot_parts WHERE rowid IN (SELECT rowid FROM snapshot_parts WHERE position <> ?1 LIMIT min(?2, ?3 / 131072))", position.Number, cancellationToken);
        return ValueTask.CompletedTask;
    }

    /// <summary>Makes the file under another name first: a file of this name is a journal, whenever the process ends.</summary>
    private void Create()
    {
        OwnerOnlyDirectory.Create(Path.GetDirectoryName(_path)!);
        var fresh = _path + ".new";
        foreach (var leftOver in new[] { fresh, fresh + "-wal", MarkOf(_path) })
        {
            File.Delete(leftOver);
        }

        SqliteFile.Open(fresh, ApplicationId, Schema).Dispose();
        File.Move(fresh, _path);
    }

    private static JournalStart RaiseEpoch(SqliteFile file)
    {
        file.Execute("UPDATE head SET epoch = epoch + 1");
        using var head = file.Prepare("SELECT epoch, position, chain, snapshot, snapshot_chain FROM head");
        if (!head.Step())
        {
            throw new SqliteFailure(SQLitePCL.raw.SQLITE_CORRUPT, "its head is missing");
        }

        return new JournalStart(
            head.Int64(0), new JournalPosition(head.Int64(3), (uint)head.Int64(4)), new JournalPosition(head.Int64(1), (uint)head.Int64(2)));
    }

    private async IAsyncEnumerable<T> ReadAsync<T>(
        string sql, long parameter, Func<SqliteStatement, T> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ValueTask.CompletedTask;
        using var rows = Guarded(() => _file!.Prepare(sql).Bind(1, parameter));
        while (Guarded(rows.Step))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return Guarded(() => read(rows));
        }
    }

    private void DropRows(string sql, long parameter, CancellationToken cancellationToken)
    {
        using var drop = Guarded(() => _file!.Prepare(sql).Bind(1, parameter).Bind(2, DroppedAtOnce).Bind(3, BytesDroppedAtOnce));
        int dropped;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            GiveWay();
            dropped = Guarded(() =>
            {
                drop.Run();
                return _file!.Changes;
            });
        }
        while (dropped > 0);
    }

    /// <summary>
    /// A lock is not fair: a snapshot that writes part after part could keep the loop's commit waiting over many of them.
    /// </summary>
    private void GiveWay()
    {
        var wait = default(SpinWait);
        while (Volatile.Read(ref _commits) > 0)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>Uses the file alone, and says in the journal's words what went wrong.</summary>
    private T Guarded<T>(Func<T> use)
    {
        try
        {
            lock (_gate)
            {
                return use();
            }
        }
        catch (SqliteFailure e) when (e.IsDamage)
        {
            throw Damaged(e.Message, e);
        }
        catch (SqliteFailure e) when (e.IsInUse)
        {
            throw new JournalException($"{Name} is in use by another process; stop that one first", e);
        }
        catch (Exception e) when (e is SqliteFailure or IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            throw new JournalException($"{Name} cannot be used: {e.Message.TrimEnd('.')}; free some space on its disk, or make it writable", e);
        }
    }
}
