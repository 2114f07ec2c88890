using BuildFarm.Worker.Tests.Conformance;
using BuildFarm.Worker.Tests.Support;

namespace BuildFarm.Worker.Tests.Oci;

/// <inheritdoc />
public sealed class OciBombTests(OciBombTests.SmallBench bench) : BombTests<OciBombTests.SmallBench>(bench)
{
    public sealed class SmallBench : WorkerBench
    {
        internal override void Configure(WorkerOptions options) => SmallLimits.Set(options);
    }
}
