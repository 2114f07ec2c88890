using BuildFarm.Coordinator;
using Npgsql;

namespace BuildFarm.Bench.Journal;

/// <summary>What the disk and the database can do with one writer and one small record at a time: what a journal without group commit is bound by.</summary>
internal static class Floors
{
    /// <summary>Bytes of what one submit leaves in the journal, about.</summary>
    private const int RecordBytes = 300;

    /// <summary>Appends to a file, each synced, a second.</summary>
    public static double SyncsPerSecond(string folder, TimeSpan length)
    {
        using var file = File.OpenHandle(Path.Combine(folder, "floor"), FileMode.Create, FileAccess.Write);
        var record = new byte[RecordBytes];
        var start = TimeProvider.System.GetTimestamp();
        long count = 0;
        for (; TimeProvider.System.GetElapsedTime(start) < length; count++)
        {
            RandomAccess.Write(file, record, count * RecordBytes);
            RandomAccess.FlushToDisk(file);
        }

        return count / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Prepared inserts over one connection, each a transaction, a second.</summary>
    public static async Task<double> InsertsPerSecondAsync(JournalOptions database, TimeSpan length)
    {
        await using var source = NpgsqlDataSource.Create(database.Postgres);
        await using var connection = await source.OpenConnectionAsync();
        await using (var make = new NpgsqlCommand("CREATE TABLE floor (first bigint PRIMARY KEY, bytes bytea NOT NULL)", connection))
        {
            await make.ExecuteNonQueryAsync();
        }

        await using var insert = new NpgsqlCommand("INSERT INTO floor VALUES ($1, $2)", connection)
        {
            Parameters = { new NpgsqlParameter { Value = 0L }, new NpgsqlParameter { Value = new byte[RecordBytes] } },
        };
        await insert.PrepareAsync();
        var start = TimeProvider.System.GetTimestamp();
        long count = 0;
        for (; TimeProvider.System.GetElapsedTime(start) < length; count++)
        {
            insert.Parameters[0].Value = count;
            await insert.ExecuteNonQueryAsync();
        }

        return count / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }
}
