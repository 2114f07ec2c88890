using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Why;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Why;

public sealed class SqliteActionHistoryTests : ActionHistoryConformance, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task History_OpenedAgain_HasItsActions() => KeepsAcrossLivesAsync();

    [Fact]
    public async Task File_ThatIsNoHistory_IsRefusedInOneLine()
    {
        await File.WriteAllTextAsync(_folder.File("actions.db"), new string('x', 5000), TestContext.Current.CancellationToken);
        await using var history = await NewAsync();

        var refused = await Assert.ThrowsAsync<JournalException>(async () => await history.FindAsync("job", "task", CancellationToken.None));

        Assert.Contains("actions.db cannot be used", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    protected override ValueTask<IActionHistory> NewAsync() => ValueTask.FromResult<IActionHistory>(new SqliteActionHistory(_folder.File("actions.db"), Capacity));
}
