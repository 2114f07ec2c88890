using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Journal;

public sealed class StateBackupTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Backup_RestoredElsewhere_HasFinishedAndUnfinishedJobs()
    {
        var jobs = await FillAsync();

        var written = await StateBackup.WriteAsync(_folder.File("state"), _folder.File("backup.tar"), CancellationToken.None);
        var restored = await StateBackup.RestoreAsync(_folder.File("backup.tar"), _folder.File("other"), CancellationToken.None);

        Assert.True(written > 0);
        Assert.Equal(written, restored);
        Assert.Equal(["backup.tar", "other", "state"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        await using var farm = await StartAsync("other");
        var listed = (await farm.Jobs.ListJobsAsync(new ListJobsRequest())).Jobs;
        Assert.Equal([(jobs[1], JobState.Active), (jobs[0], JobState.Finished)], listed.Select(job => (job.JobId, job.State)));
    }

    [Fact]
    public async Task Restore_OverAState_IsRefused()
    {
        await FillAsync();
        await StateBackup.WriteAsync(_folder.File("state"), _folder.File("backup.tar"), CancellationToken.None);

        var refused = await Assert.ThrowsAsync<JournalException>(async () =>
            await StateBackup.RestoreAsync(_folder.File("backup.tar"), _folder.File("state"), CancellationToken.None));

        Assert.Contains("is there already", refused.Message, StringComparison.Ordinal);
        await using var farm = await StartAsync("state");
        Assert.Equal(2, (await farm.Jobs.ListJobsAsync(new ListJobsRequest())).Jobs.Count);
    }

    [Fact]
    public async Task Backup_OfAFarmThatRuns_IsRefused()
    {
        await using var farm = await StartAsync("state");

        var refused = await Assert.ThrowsAsync<JournalException>(async () =>
            await StateBackup.WriteAsync(_folder.File("state"), _folder.File("backup.tar"), CancellationToken.None));

        Assert.Contains("stop the farm first", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("this is no tar, and long enough that a header of five hundred and twelve bytes could be in it")]
    public async Task Restore_OfSomethingElse_IsRefusedAndLeavesNothing(string content)
    {
        await File.WriteAllTextAsync(_folder.File("backup.tar"), string.Concat(Enumerable.Repeat(content, 50)));

        await Assert.ThrowsAsync<JournalException>(async () =>
            await StateBackup.RestoreAsync(_folder.File("backup.tar"), _folder.File("other"), CancellationToken.None));

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.File("other")));
    }

    [Fact]
    public async Task Restore_OfADamagedBackup_IsRefused()
    {
        await FillAsync();
        await StateBackup.WriteAsync(_folder.File("state"), _folder.File("backup.tar"), CancellationToken.None);
        var bytes = await File.ReadAllBytesAsync(_folder.File("backup.tar"));
        await File.WriteAllBytesAsync(_folder.File("backup.tar"), bytes[..(bytes.Length / 3)]);

        await Assert.ThrowsAnyAsync<Exception>(async () =>
            await StateBackup.RestoreAsync(_folder.File("backup.tar"), _folder.File("other"), CancellationToken.None));

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.File("other")));
    }

    private async Task<string[]> FillAsync()
    {
        await using var farm = await StartAsync("state");
        string finished;
        await using (var worker = await FakeWorker.LinkAsync(farm.Channel))
        {
            finished = await farm.SubmitAsync(TestFarm.Template("done"));
            await worker.CompleteAsync(await worker.NextAssignmentAsync());
            await farm.FinishAsync(finished);
        }

        return [finished, await farm.SubmitAsync(TestFarm.Template("waits"))];
    }

    private Task<TestFarm> StartAsync(string name) => TestFarm.StartAsync(
        journal: new SqliteJournal(JournalOptions.JournalIn(_folder.File(name))),
        history: new SqliteJobHistory(JournalOptions.HistoryIn(_folder.File(name)), 1000));
}
