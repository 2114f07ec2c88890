using System.Formats.Tar;
using BuildFarm.Coordinator.Journal.Stores.Sqlite;

namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// A farm's state as one file: an uncompressed tar of the journal and the history, each a whole SQLite file. Made of, and put
/// into, a directory that no coordinator uses. Blobs and action results are no part of it: they can be made again.
/// </summary>
public static class StateBackup
{
    private static readonly string[] Names = ["journal.db", "history.db"];

    /// <summary>Copies the state into a file, after reading all of it.</summary>
    /// <param name="directory">Of the journal.</param>
    /// <param name="file">Replaced when it is there.</param>
    /// <param name="cancellationToken">Leaves everything as it was.</param>
    /// <returns>How many records the journal has had, all told.</returns>
    /// <exception cref="JournalException">The state is damaged, or in use.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static async ValueTask<long> WriteAsync(string directory, string file, CancellationToken cancellationToken)
    {
        var work = Directory.CreateDirectory(Path.GetFullPath(file) + ".new").FullName;
        try
        {
            if (!File.Exists(JournalOptions.JournalIn(directory)))
            {
                throw new JournalException($"{directory} has no journal; name the data directory of a farm");
            }

            foreach (var name in Names.Where(name => File.Exists(Path.Combine(directory, name))))
            {
                Copy(Path.Combine(directory, name), Path.Combine(work, name));
            }

            // The copy is read, with the mark of how far the original was acknowledged.
            File.Copy(SqliteJournal.MarkOf(JournalOptions.JournalIn(directory)), SqliteJournal.MarkOf(JournalOptions.JournalIn(work)));
            var records = await CheckAsync(JournalOptions.JournalIn(work), cancellationToken);
            File.Delete(SqliteJournal.MarkOf(JournalOptions.JournalIn(work)));
            var packed = Path.Combine(work, "backup");
            await PackAsync(work, packed, cancellationToken);
            File.Move(packed, file, overwrite: true);
            return records;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    /// <summary>Puts a state back into a directory that has none, after reading all of it.</summary>
    /// <returns>How many records the journal has had, all told.</returns>
    /// <exception cref="JournalException">The backup is damaged or none, or the directory has a state.</exception>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public static async ValueTask<long> RestoreAsync(string file, string directory, CancellationToken cancellationToken)
    {
        var there = Names.Select(name => Path.Combine(directory, name)).FirstOrDefault(File.Exists);
        if (there is not null)
        {
            throw new JournalException($"{there} is there already; move it away first, with everything beside it");
        }

        var work = Directory.CreateDirectory(Path.Combine(directory, "restore.new")).FullName;
        try
        {
            await UnpackAsync(file, work, cancellationToken);
            var records = await CheckAsync(JournalOptions.JournalIn(work), cancellationToken);
            foreach (var stale in Directory.EnumerateFiles(directory))
            {
                // A mark, or a write-ahead log, of what was here before.
                File.Delete(stale);
            }

            // The journal last: without it there is no state.
            foreach (var name in Names.Reverse().Where(name => File.Exists(Path.Combine(work, name))))
            {
                File.Move(Path.Combine(work, name), Path.Combine(directory, name));
            }

            return records;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static void Copy(string from, string to)
    {
        try
        {
            using var source = SqliteFile.Open(from, applicationId: null, schema: "");
            using var copy = source.Prepare("VACUUM INTO ?1");
            copy.Bind(1, to).Run();
        }
        catch (SqliteFailure e) when (e.IsInUse)
        {
            throw new JournalException($"{from} is in use; stop the farm first", e);
        }
        catch (SqliteFailure e)
        {
            throw new JournalException($"{from} cannot be copied: {e.Message.TrimEnd('.')}", e);
        }
    }

    private static async ValueTask<long> CheckAsync(string path, CancellationToken cancellationToken)
    {
        await using var journal = new SqliteJournal(path);
        await journal.OpenAsync(cancellationToken);
        var replay = new JournalReplay(new Scheduling.SchedulerState());
        var codec = new EventCodec();
        await foreach (var journalRecord in journal.ReadSnapshotAsync(cancellationToken).Concat(journal.ReadAsync(cancellationToken)).WithCancellation(cancellationToken))
        {
            replay.Apply(codec.Decode(journalRecord));
        }

        return journal.End.Number;
    }

    private static async ValueTask PackAsync(string work, string packed, CancellationToken cancellationToken)
    {
        await using var output = new FileStream(packed, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await using (var tar = new TarWriter(output, leaveOpen: true))
        {
            foreach (var name in Names.Where(name => File.Exists(Path.Combine(work, name))))
            {
                await tar.WriteEntryAsync(Path.Combine(work, name), name, cancellationToken);
            }
        }

        output.Flush(flushToDisk: true);
    }

    private static async ValueTask UnpackAsync(string file, string work, CancellationToken cancellationToken)
    {
        try
        {
            await using var input = File.OpenRead(file);
            await using var tar = new TarReader(input);
            while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                if (Array.IndexOf(Names, entry.Name) >= 0 && entry.EntryType is TarEntryType.RegularFile)
                {
                    await entry.ExtractToFileAsync(Path.Combine(work, entry.Name), overwrite: false, cancellationToken);
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new JournalException($"{file} is no backup of a farm, or a damaged one: {e.Message.TrimEnd('.')}", e);
        }

        if (!File.Exists(JournalOptions.JournalIn(work)))
        {
            throw new JournalException($"{file} is no backup of a farm: it has no journal");
        }
    }
}
