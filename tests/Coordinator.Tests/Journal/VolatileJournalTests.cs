using BuildFarm.Coordinator.Journal;

namespace BuildFarm.Coordinator.Tests.Journal;

public sealed class VolatileJournalTests : JournalConformance
{
    private readonly VolatileJournalMemory _memory = new();

    protected override ValueTask<IJournal> NewAsync() => ValueTask.FromResult<IJournal>(new VolatileJournal(_memory));
}
