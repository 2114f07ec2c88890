using BuildFarm.Worker.Tests.Conformance;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests.Docker;

/// <inheritdoc />
[Trait("Tier", "Full")]
public sealed class DockerBombTests(DockerBombTests.SmallBench bench) : BombTests<DockerBombTests.SmallBench>(bench)
{
    public sealed class SmallBench : DockerBench
    {
        internal override void Configure(WorkerOptions options)
        {
            base.Configure(options);
            SmallLimits.Set(options);
        }
    }
}
