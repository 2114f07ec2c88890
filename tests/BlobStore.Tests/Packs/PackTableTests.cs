using BuildFarm.BlobStore.Packs;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Packs;

/// <summary>How a start fills the table from the lists of packs.</summary>
public sealed class PackTableTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(5_000)]
    [InlineData(50_000)]
    public void AddAll_ListedEntries_AreFoundAndCountedOnceWhateverWasReserved(int reserved)
    {
        var entries = Entries(20_000);
        var table = new PackTable();
        table.Reserve(reserved);

        var bytes = table.AddAll(entries, slot: 7, covered: long.MaxValue);

        Assert.Equal((entries.Length, entries.Sum(static entry => (long)entry.RecordBytes)), (table.Count, bytes));
        Assert.All(entries, entry => Assert.True(table.TryGet(entry.Key, 0, out var found) && found.IsAt(7, entry.Offset)));
        Assert.Equal(0, table.AddAll(entries, slot: 8, covered: long.MaxValue));
        Assert.Equal(entries.Length, table.Count);
    }

    [Fact]
    public void AddAll_EntriesBehindWhatIsCoveredOrThatAreNone_AreLeftOut()
    {
        var entries = Entries(10);
        var table = new PackTable();

        table.AddAll([.. entries, default], slot: 0, covered: entries[4].Offset + entries[4].RecordBytes);

        Assert.Equal(5, table.Count);
        Assert.False(table.TryGet(entries[5].Key, 0, out _));
    }

    private static PackEntry[] Entries(int count)
    {
        var entries = new PackEntry[count];
        long offset = 0;
        for (var i = 0; i < count; i++)
        {
            Assert.True(PackKey.TryOf(Digest.OfBytes(TestContent.Of(20, seed: i)), out var key));
            entries[i] = new PackEntry(key, slot: 0, offset, usedAt: 1);
            offset += entries[i].RecordBytes;
        }

        return entries;
    }
}
