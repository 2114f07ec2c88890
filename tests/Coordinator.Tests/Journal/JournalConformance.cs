using System.Globalization;
using System.Text;
using BuildFarm.Coordinator.Journal;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Journal;

/// <summary>What every journal must do, whatever keeps it.</summary>
public abstract class JournalConformance
{
    /// <summary>A coordinator's own view of the one journal that this test has.</summary>
    protected abstract ValueTask<IJournal> NewAsync();

    [Fact]
    public async Task Records_Flushed_AreReadInOrder()
    {
        var written = new List<string>();
        await using (var journal = await OpenAsync())
        {
            for (var batch = 0; batch < 20; batch++)
            {
                var records = Enumerable.Range(0, batch).Select(i => $"{batch}/{i} {new string('x', batch * i * 50)}").ToList();
                await AppendAsync(journal, [.. records]);
                written.AddRange(records);
                Assert.Equal(written.Count, journal.End.Number);
            }
        }

        Assert.Equal(written, await ReadAllAsync());
    }

    [Fact]
    public async Task Records_OfManyMegabytes_AreKept()
    {
        var large = new byte[12 << 20];
        new Random(1).NextBytes(large);
        await using (var journal = await OpenAsync())
        {
            await journal.AppendAsync([large, "after"u8.ToArray()], CancellationToken.None);
            await journal.FlushAsync(CancellationToken.None);
        }

        await using var again = await OpenAsync();
        var read = await again.ReadAsync(CancellationToken.None).ToListAsync();

        Assert.True(read[0].Span.SequenceEqual(large));
        Assert.Equal("after", Encoding.UTF8.GetString(read[1].Span));
    }

    [Fact]
    public async Task Records_NotFlushed_AreNotThere()
    {
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, "kept");
            await journal.AppendAsync([Bytes("lost")], CancellationToken.None);
        }

        Assert.Equal(["kept"], await ReadAllAsync());
    }

    [Fact]
    public async Task Journal_OpenedAgain_GoesOnUnderANewEpoch()
    {
        var epochs = new List<long>();
        for (var life = 0; life < 3; life++)
        {
            await using var journal = await NewAsync();
            var start = await journal.OpenAsync(CancellationToken.None);
            epochs.Add(start.Epoch);
            Assert.Equal(life, start.End.Number);
            await AppendAsync(journal, $"life {life}");
        }

        Assert.Equal(["life 0", "life 1", "life 2"], await ReadAllAsync());
        Assert.Equal([epochs[0], epochs[0] + 1, epochs[0] + 2], epochs);
    }

    [Fact]
    public async Task Journal_OpenedByAnother_TakesNothingMoreFromTheFirst()
    {
        await using var first = await OpenAsync();
        await AppendAsync(first, "first");
        await using var second = await NewAsync();
        try
        {
            await second.OpenAsync(CancellationToken.None);
        }
        catch (JournalException inUse)
        {
            // A journal that one process has for itself does not let the second in at all.
            Assert.Contains("in use", inUse.Message, StringComparison.Ordinal);
            return;
        }

        await AppendAsync(second, "second");
        var fenced = await Assert.ThrowsAsync<JournalException>(() => AppendAsync(first, "stale"));
        Assert.Contains("another coordinator", fenced.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<JournalException>(() => AppendAsync(first, "still stale"));
        await Assert.ThrowsAsync<JournalException>(async () => await first.WriteSnapshotAsync(first.End, Records("stale"), CancellationToken.None));
        await AppendAsync(second, "third");
        await first.DisposeAsync();
        await second.DisposeAsync();

        Assert.Equal(["first", "second", "third"], await ReadAllAsync());
    }

    [Fact]
    public async Task Snapshot_Written_StandsForWhatIsBeforeIt()
    {
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, "1", "2");
            await AppendAsync(journal, "3");
            var position = journal.End;
            await AppendAsync(journal, "4");
            await journal.WriteSnapshotAsync(position, Records("one to three", "in two records"), CancellationToken.None);
            await AppendAsync(journal, "5");
        }

        await using var again = await NewAsync();
        var start = await again.OpenAsync(CancellationToken.None);

        Assert.Equal((3, 5), (start.Snapshot.Number, start.End.Number));
        Assert.Equal(["one to three", "in two records"], await TextAsync(again.ReadSnapshotAsync(CancellationToken.None)));
        Assert.Equal(["4", "5"], await TextAsync(again.ReadAsync(CancellationToken.None)));
        await AppendAsync(again, "6");
    }

    [Fact]
    public async Task Snapshot_OfManyParts_IsReadAsWritten()
    {
        var records = Enumerable.Range(0, 3000).Select(i => $"{i} {new string('y', 300)}").ToArray();
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, "1");
            await journal.WriteSnapshotAsync(journal.End, Records("older"), CancellationToken.None);
            await AppendAsync(journal, "2");
            await journal.WriteSnapshotAsync(journal.End, Records(records), CancellationToken.None);
        }

        await using var again = await OpenAsync();

        Assert.Equal(records, await TextAsync(again.ReadSnapshotAsync(CancellationToken.None)));
        Assert.Empty(await TextAsync(again.ReadAsync(CancellationToken.None)));
    }

    [Fact]
    public async Task Snapshot_BrokenOff_IsAsIfItWereNotThere()
    {
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, "1");
            await Assert.ThrowsAsync<IOException>(async () => await journal.WriteSnapshotAsync(journal.End, Breaking(), CancellationToken.None));
            await AppendAsync(journal, "2");
        }

        Assert.Equal(["1", "2"], await ReadAllAsync());
        await using var again = await OpenAsync();
        await again.WriteSnapshotAsync(again.End, Records("whole"), CancellationToken.None);
    }

    [Fact]
    public async Task Snapshot_WhileRecordsAreAppended_LosesNone()
    {
        var expected = new List<string>();
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, "0");
            var snapshot = Task.Run(async () => await journal.WriteSnapshotAsync(journal.End, Records([.. Enumerable.Range(0, 5000).Select(i => new string('z', 200))]), CancellationToken.None));
            for (var i = 1; i < 200 || !snapshot.IsCompleted; i++)
            {
                await AppendAsync(journal, $"{i}");
                expected.Add($"{i}");
            }

            await snapshot;
        }

        await using var again = await OpenAsync();
        Assert.Equal(5000, (await TextAsync(again.ReadSnapshotAsync(CancellationToken.None))).Count);
        var after = await TextAsync(again.ReadAsync(CancellationToken.None));

        Assert.Equal(expected[^after.Count..], after);
    }

    protected static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static async Task AppendAsync(IJournal journal, params string[] records)
    {
        await journal.AppendAsync([.. records.Select(Bytes)], CancellationToken.None);
        await journal.FlushAsync(CancellationToken.None);
    }

    protected static async IAsyncEnumerable<ReadOnlyMemory<byte>> Records(params string[] records)
    {
        foreach (var record in records)
        {
            yield return Bytes(record);
        }

        await Task.CompletedTask;
    }

    protected static async Task<List<string>> TextAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> records) =>
        await records.Select(record => Encoding.UTF8.GetString(record.Span)).ToListAsync();

    protected async Task<IJournal> OpenAsync()
    {
        var journal = await NewAsync();
        await journal.OpenAsync(CancellationToken.None);
        return journal;
    }

    protected async Task<List<string>> ReadAllAsync()
    {
        await using var journal = await OpenAsync();
        return await TextAsync(journal.ReadAsync(CancellationToken.None));
    }

    /// <summary>Whatever a killed writer said was acknowledged is there, whole flushes only, and it can go on.</summary>
    protected async Task NothingIsLostAsync(long acknowledged)
    {
        var records = await ReadAllAsync();

        Assert.True(acknowledged > 0);
        Assert.True(records.Count >= acknowledged, $"{acknowledged} were acknowledged, {records.Count} are there");
        Assert.Equal(0, records.Count % 7);
        Assert.Equal(Enumerable.Range(1, records.Count).Select(i => string.Create(CultureInfo.InvariantCulture, $"record {i}")), records);
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Breaking()
    {
        for (var i = 0; i < 2000; i++)
        {
            yield return Bytes(new string('b', 400));
        }

        await Task.CompletedTask;
        throw new IOException("broken off");
    }
}
