using BuildFarm.Worker.Tests.Conformance;
using BuildFarm.Worker.Tests.Support;

namespace BuildFarm.Worker.Tests.Oci;

/// <inheritdoc />
public sealed class OciHomeTests(OciHomeTests.Bench bench) : HomeTests<OciHomeTests.Bench>(bench)
{
    /// <summary>It keeps few and small homes.</summary>
    public sealed class Bench : WorkerBench
    {
        internal override void Configure(WorkerOptions options) => SmallHomes.Set(options);
    }
}
