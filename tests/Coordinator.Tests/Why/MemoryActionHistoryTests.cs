using BuildFarm.Coordinator.Why;

namespace BuildFarm.Coordinator.Tests.Why;

public sealed class MemoryActionHistoryTests : ActionHistoryConformance
{
    protected override ValueTask<IActionHistory> NewAsync() => ValueTask.FromResult<IActionHistory>(new MemoryActionHistory(Capacity));
}
