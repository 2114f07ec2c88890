using BuildFarm.Coordinator.Journal;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Journal;

public sealed class SqliteJournalTests : JournalConformance, IDisposable
{
    private readonly TempFolder _folder = new();

    private string Path => _folder.File("journal.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Writer_Killed_LosesNothingAcknowledged() =>
        await NothingIsLostAsync(await KilledWriter.RunAsync("sqlite", Path, atLeast: 7000));

    [Fact]
    public async Task Disk_Full_FailsTheFlushAndKeepsWhatWasAcknowledged()
    {
        using var disk = SmallDisk.Mount(_folder.File("disk"), megabytes: 4);
        var path = System.IO.Path.Combine(disk.Path, "journal.db");
        long acknowledged = 0;
        await using (var journal = new SqliteJournal(path))
        {
            await journal.OpenAsync(CancellationToken.None);
            var full = await Assert.ThrowsAsync<JournalException>(async () =>
            {
                while (true)
                {
                    await AppendAsync(journal, new string('x', 60_000));
                    acknowledged = journal.End.Number;
                }
            });
            Assert.Contains("space", full.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<JournalException>(() => AppendAsync(journal, "small"));
        }

        // Somebody makes room elsewhere: here, the journal moves to a disk that has some.
        foreach (var file in Directory.EnumerateFiles(disk.Path))
        {
            File.Copy(file, _folder.File(System.IO.Path.GetFileName(file)));
        }

        var kept = await ReadAllAsync();
        Assert.True(acknowledged > 5);
        Assert.Equal(acknowledged, kept.Count);
    }

    [Fact]
    [Trait("Fault", "8")]
    public async Task File_Truncated_IsRefusedByName()
    {
        await FillAsync();
        var whole = new FileInfo(Path).Length;
        foreach (var length in new[] { 0, 1, 50, 4096, whole / 2, whole - 4096, whole - 1 })
        {
            using var copy = Copy();
            using (var file = File.OpenWrite(copy.Path))
            {
                file.SetLength(length);
            }

            var refused = await Assert.ThrowsAsync<JournalException>(() => ReadAsync(copy.Path));
            Assert.StartsWith($"the journal {copy.Path} is damaged: ", refused.Message, StringComparison.Ordinal);
            Assert.Contains("farm restore", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refused.Message);
        }
    }

    [Theory]
    [InlineData("journal.db")]
    [InlineData("journal.db-wal")]
    [Trait("Fault", "8")]
    public async Task Bit_Flipped_IsRefusedOrHarmlessAndNeverShortens(string name)
    {
        // Killed, so that the write-ahead log is there and holds records of its own.
        var acknowledged = await KilledWriter.RunAsync("sqlite", Path, atLeast: name == "journal.db" ? 7000 : 700);
        List<string> whole;
        using (var copy = Copy())
        {
            whole = await ReadAsync(copy.Path);
        }

        Assert.True(whole.Count >= acknowledged);
        var size = new FileInfo(_folder.File(name)).Length;
        Assert.True(size > 0);
        var random = new Random(7);
        var refusals = 0;
        for (var i = 0; i < 60; i++)
        {
            using var copy = Copy();
            var at = i == 0 ? size - 1 : random.NextInt64(size);
            Flip(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(copy.Path)!, name), at);
            try
            {
                var read = await ReadAsync(copy.Path);
                Assert.True(read.Count >= acknowledged, $"byte {at}: {read.Count} of {acknowledged} records");
                Assert.Equal(whole[..read.Count], read);
            }
            catch (JournalException)
            {
                refusals++;
            }
        }

        Assert.True(refusals > 10, $"{refusals} of 60 were refused");
    }

    [Fact]
    public async Task WriteAheadLog_Lost_IsRefused()
    {
        await KilledWriter.RunAsync("sqlite", Path, atLeast: 70);
        File.Delete(Path + "-wal");

        var refused = await Assert.ThrowsAsync<JournalException>(ReadAllAsync);

        Assert.Contains("was acknowledged", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_OfAnotherProgram_IsRefused()
    {
        await File.WriteAllTextAsync(Path, "a text that somebody keeps here, longer than the header of a database would be: one hundred bytes and more");

        var refused = await Assert.ThrowsAsync<JournalException>(ReadAllAsync);

        Assert.Contains(Path, refused.Message, StringComparison.Ordinal);
    }

    protected override ValueTask<IJournal> NewAsync() => ValueTask.FromResult<IJournal>(new SqliteJournal(Path));

    private static async Task<List<string>> ReadAsync(string path)
    {
        await using var journal = new SqliteJournal(path);
        await journal.OpenAsync(CancellationToken.None);
        return await TextAsync(journal.ReadAsync(CancellationToken.None));
    }

    private static void Flip(string path, long at)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 0x10));
    }

    private async Task FillAsync()
    {
        await using var journal = await OpenAsync();
        for (var i = 0; i < 200; i++)
        {
            await AppendAsync(journal, $"{i} {new string('x', 500)}");
        }
    }

    private CopiedJournal Copy()
    {
        var copy = new CopiedJournal();
        foreach (var file in Directory.EnumerateFiles(_folder.Path))
        {
            File.Copy(file, copy.Folder.File(System.IO.Path.GetFileName(file)));
        }

        return copy;
    }

    private sealed class CopiedJournal : IDisposable
    {
        public TempFolder Folder { get; } = new();

        public string Path => Folder.File("journal.db");

        public void Dispose() => Folder.Dispose();
    }
}
