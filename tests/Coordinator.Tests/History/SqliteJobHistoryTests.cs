using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Journal;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Coordinator.Tests.History;

public sealed class SqliteJobHistoryTests : JobHistoryConformance, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task History_OpenedAgain_HasJobsAndTimes() => KeepsAcrossLivesAsync();

    [Fact]
    public async Task File_ThatIsNoHistory_IsRefusedInOneLine()
    {
        await File.WriteAllTextAsync(_folder.File("history.db"), new string('x', 5000));

        var refused = await Assert.ThrowsAsync<JournalException>(OpenAsync);

        Assert.Contains("history.db is damaged", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    protected override ValueTask<IJobHistory> NewAsync() => ValueTask.FromResult<IJobHistory>(new SqliteJobHistory(_folder.File("history.db"), Capacity));
}
