using BuildFarm.Coordinator.Journal;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Journal;

/// <summary>One server for all tests of the class, a schema for each.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    public PostgresServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await PostgresServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

public sealed class PostgresJournalTests(PostgresFixture fixture) : JournalConformance, IClassFixture<PostgresFixture>
{
    private string? _database;

    [Fact]
    public async Task Writer_Killed_LosesNothingAcknowledged()
    {
        await NewAsync();

        await NothingIsLostAsync(await KilledWriter.RunAsync("postgres", _database!, atLeast: 700));
    }

    [Fact]
    public async Task Server_Crashed_StopsTheWriterAndLosesNothingAcknowledged()
    {
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, "1");
            await fixture.Server.CrashAsync();
            var lost = await Assert.ThrowsAsync<JournalException>(() => AppendAsync(journal, "2"));
            Assert.DoesNotContain('\n', lost.Message);
            await fixture.Server.StartServerAsync();
            await Assert.ThrowsAsync<JournalException>(() => AppendAsync(journal, "3"));
        }

        Assert.Equal(["1"], await ReadAllAsync());
    }

    [Fact]
    public async Task Snapshot_OfAnEarlierOpening_TouchesNothingOfTheLater()
    {
        await using var earlier = await OpenAsync();
        await AppendAsync(earlier, "1");
        await using (var later = await OpenAsync())
        {
            await later.WriteSnapshotAsync(later.End, Records("one"), CancellationToken.None);
        }

        // At the very position, which it knows too: neither the parts that are there go, nor do its own come.
        await Assert.ThrowsAsync<JournalException>(async () => await earlier.WriteSnapshotAsync(earlier.End, Records("stale"), CancellationToken.None));

        await using var last = await OpenAsync();
        Assert.Equal(["one"], await TextAsync(last.ReadSnapshotAsync(CancellationToken.None)));
    }

    [Theory]
    [InlineData("UPDATE buildfarm_journal_blocks SET bytes = set_byte(bytes, 8, get_byte(bytes, 8) # 1) WHERE first = 2", "record 2 ")]
    [InlineData("DELETE FROM buildfarm_journal_blocks WHERE first = 2", "record 2 is missing")]
    [InlineData("DELETE FROM buildfarm_journal_blocks WHERE first = 3", "record 3 was acknowledged")]
    public async Task Rows_Tampered_AreRefusedByName(string sql, string said)
    {
        await using (var journal = await OpenAsync())
        {
            await AppendAsync(journal, "1");
            await AppendAsync(journal, "2");
            await AppendAsync(journal, "3");
        }

        await fixture.Server.ExecuteAsync($"SET search_path = {_database!.Split('=')[^1]}; {sql}");
        var refused = await Assert.ThrowsAsync<JournalException>(ReadAllAsync);

        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.Contains("farm restore", refused.Message, StringComparison.Ordinal);
    }

    protected override async ValueTask<IJournal> NewAsync() => new PostgresJournal(_database ??= await fixture.Server.SchemaAsync());
}
