using BuildFarm.Coordinator.History;

namespace BuildFarm.Coordinator.Tests.History;

public sealed class MemoryJobHistoryTests : JobHistoryConformance
{
    protected override ValueTask<IJobHistory> NewAsync() => ValueTask.FromResult<IJobHistory>(new MemoryJobHistory(Capacity));
}
