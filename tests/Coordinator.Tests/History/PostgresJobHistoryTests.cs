using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Tests.Journal;
using Xunit;

namespace BuildFarm.Coordinator.Tests.History;

public sealed class PostgresJobHistoryTests(PostgresFixture fixture) : JobHistoryConformance, IClassFixture<PostgresFixture>
{
    private string? _database;

    [Fact]
    public Task History_OpenedAgain_HasJobsAndTimes() => KeepsAcrossLivesAsync();

    protected override async ValueTask<IJobHistory> NewAsync() => new PostgresJobHistory(_database ??= await fixture.Server.SchemaAsync(), Capacity);
}
