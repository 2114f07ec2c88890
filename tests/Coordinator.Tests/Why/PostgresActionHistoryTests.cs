using BuildFarm.Coordinator.Tests.Journal;
using BuildFarm.Coordinator.Why;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Why;

public sealed class PostgresActionHistoryTests(PostgresFixture fixture) : ActionHistoryConformance, IClassFixture<PostgresFixture>
{
    private string? _database;

    [Fact]
    public Task History_OpenedAgain_HasItsActions() => KeepsAcrossLivesAsync();

    protected override async ValueTask<IActionHistory> NewAsync() => new PostgresActionHistory(_database ??= await fixture.Server.SchemaAsync(), Capacity);
}
